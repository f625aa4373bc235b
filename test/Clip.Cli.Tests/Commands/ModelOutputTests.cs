using Clip.Conversion.Checkpoints;
using Clip.Conversion.Tokenizing;

namespace Clip.Cli.Tests.Commands;

/// <summary>What the commands that write models print, and what they leave alone.</summary>
public sealed class ModelOutputTests : IAsyncLifetime, IDisposable
{
    private readonly TempFolder _folder = new();

    public async Task InitializeAsync()
    {
        BpeTrainer.Train(["a photo of a dog"], 520).Save(_folder["tokenizer"]);
        _folder.Write("tiny.json", TinyRun.Config);
        Assert.Matches($"^.+: .+\nModel folder: {_folder["model"]}$", string.Join('\n', await InitAsync("model", "1")));
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AnExportTellsItsTensorsAndReplacesNothingUnasked()
    {
        var file = _folder["weights.safetensors"];
        string[] export = ["export-safetensors", _folder["model"], "--output"];

        var line = Assert.Single(await PrintedCommands.LinesAsync([.. export, file]));
        Assert.Equal($"{SafetensorsReader.Load(file).Count} tensors: {file}", line);

        File.WriteAllText(file, "mine");
        Assert.Equal(
            $"{file} is there already; give another --output, or --overwrite.", await PrintedCommands.RefusedAsync([.. export, file]));
        Assert.Equal("mine", File.ReadAllText(file));
        await PrintedCommands.LinesAsync([.. export, file, "--overwrite"]);
        Assert.NotEmpty(SafetensorsReader.Load(file));
        Assert.Equal(
            $"{_folder["tokenizer"]} is a folder; give the name of a file for --output.",
            await PrintedCommands.RefusedAsync([.. export, _folder["tokenizer"], "--overwrite"]));
        var own = _folder["model/model.safetensors"];
        var before = File.ReadAllBytes(own);
        Assert.Equal(
            $"{own} is what is exported; give another --output.", await PrintedCommands.RefusedAsync([.. export, own, "--overwrite"]));
        Assert.Equal(before, File.ReadAllBytes(own));
    }

    [Fact]
    public async Task TheUsualNamesAreOpenAIs()
    {
        string[] export = ["export-safetensors", _folder["model"], "--output"];
        await PrintedCommands.LinesAsync([.. export, _folder["a.safetensors"]]);
        await PrintedCommands.LinesAsync([.. export, _folder["b.safetensors"], "--naming", "openai"]);

        Assert.Equal(File.ReadAllBytes(_folder["a.safetensors"]), File.ReadAllBytes(_folder["b.safetensors"]));
        Assert.Contains("visual.conv1.weight", SafetensorsReader.Load(_folder["a.safetensors"]).Keys);
    }

    [Fact]
    public async Task EachAlphaHasItsFolderInTheOrderGiven()
    {
        await InitAsync("after", "2");

        var lines = await PrintedCommands.LinesAsync(
            "interpolate", _folder["model"], _folder["after"], "--alpha", "1", "0", "0.25", "--output", _folder["between"]);

        Assert.Equal(new[] { "1", "0", "0.25" }.Select(alpha => $"alpha {alpha}: {_folder[$"between-{alpha}"]}"), lines);
        SameWeights.Assert(CheckpointFile.Load(_folder["model"]), CheckpointFile.Load(_folder["between-0"]));
        SameWeights.Assert(CheckpointFile.Load(_folder["after"]), CheckpointFile.Load(_folder["between-1"]));
    }

    /// <summary>Half of the way, in the folder that is named.</summary>
    [Fact]
    public async Task WithoutAnAlphaTheMiddleIsWritten()
    {
        await InitAsync("after", "2");
        string[] interpolate = ["interpolate", _folder["model"], _folder["after"], "--output"];

        var lines = await PrintedCommands.LinesAsync([.. interpolate, _folder["middle"]]);
        await PrintedCommands.LinesAsync([.. interpolate, _folder["half"], "--alpha", "0.5"]);

        Assert.Equal([$"alpha 0.5: {_folder["middle"]}"], lines);
        SameWeights.Assert(CheckpointFile.Load(_folder["half"]), CheckpointFile.Load(_folder["middle"]));
    }

    [Fact]
    public async Task PrecisionsAreListedInAnyOrderAndOnceEach()
    {
        string[] convert = ["convert", _folder["model"], "--output"];

        await PrintedCommands.LinesAsync([.. convert, _folder["several"], "--precision", "int8, fp16,fp32,fp16"]);
        await PrintedCommands.LinesAsync([.. convert, _folder["usual"]]);

        string[] stems = ["model", "text_model", "vision_model"];
        Assert.Equal(
            stems.SelectMany(stem => new[] { $"{stem}.onnx", $"{stem}_fp16.onnx", $"{stem}_int8.onnx" }).Order(StringComparer.Ordinal),
            Onnx("several"));
        Assert.Equal(stems.Select(stem => $"{stem}.onnx"), Onnx("usual"));
        Assert.Equal(
            "--precision 'fp64' is not known; give fp32, fp16 or int8, or several, separated by commas.",
            await PrintedCommands.RefusedAsync([.. convert, _folder["none"], "--precision", "fp32,fp64"]));
        Assert.False(Directory.Exists(_folder["none"]));
    }

    [Fact]
    public async Task AnInspectionIsInTwoColumns()
    {
        var lines = await PrintedCommands.LinesAsync("inspect", _folder["model"]);

        Assert.All(lines, line => Assert.Matches("^[^ ].{13} [^ ]", line));
        Assert.Contains(lines, line => line.StartsWith("weights        ", StringComparison.Ordinal));
    }

    private IEnumerable<string> Onnx(string folder) => Directory.GetFiles(_folder[$"{folder}/onnx"], "*.onnx")
        .Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    private Task<string[]> InitAsync(string name, string seed) => PrintedCommands.LinesAsync(
        "init", "--model", _folder["tiny.json"], "--output", _folder[name], "--tokenizer", _folder["tokenizer"], "--seed", seed);
}
