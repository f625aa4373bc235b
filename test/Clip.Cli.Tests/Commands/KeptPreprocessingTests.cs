using System.Text.Json.Nodes;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.ModelFolders;
using Clip.Conversion.Onnx;
using Clip.Conversion.Tokenizing;
using Microsoft.ML.Clip;

namespace Clip.Cli.Tests.Commands;

/// <summary>Whatever a folder says about its pictures survives every command that makes a folder of it.</summary>
public sealed class KeptPreprocessingTests : IDisposable
{
    private readonly TinyRun _run = new();

    public void Dispose() => _run.Dispose();

    /// <summary>Every key with a value that nobody has by default, numbers with all the digits that a float tells apart.</summary>
    private static ClipImagePreprocessing Unusual { get; } = new()
    {
        ShortestEdge = 21,
        CropHeight = 16,
        CropWidth = 16,
        Resample = ImageResample.Lanczos,
        RescaleFactor = 0.0078431372549019607,
        Mean = [0.48145467f, 0.123456791f, 1e-7f],
        Std = [0.229000002f, 0.333333343f, 0.999999940f],
        Background = [1, 254, 77],
        Order = PreprocessingOrder.HuggingFace,
        Gray16 = Enum.GetValues<Gray16Conversion>().First(value => value != Gray16Conversion.Scale),
    };

    private static ClipImagePreprocessing Squashed { get; } = Unusual with
    {
        ShortestEdge = null,
        ResizeHeight = 16,
        ResizeWidth = 16,
        DoCenterCrop = false,
        DoRescale = false,
        DoNormalize = false,
    };

    public static TheoryData<string> Commands => ["convert", "interpolate", "quantize", "train", "train --lora-rank 2", "checkpoint"];

    [Theory]
    [MemberData(nameof(Commands))]
    public Task Every_command_keeps_it(string command) => Keeps(command, Unusual);

    [Theory]
    [MemberData(nameof(Commands))]
    public Task Every_command_keeps_it_squashed(string command) => Keeps(command, Squashed);

    [Fact]
    public async Task What_is_asked_for_lies_under_the_pictures_all_the_same()
    {
        Source(Unusual);

        Assert.Equal(0, await Command.RunAsync([.. Train("out"), "--aug-background", "#000102"]));
        Assert.Equal(Unusual with { Background = [0, 1, 2] }, Saved("out"));
        Assert.Equal(0, await Command.RunAsync([.. Train("none"), "--aug-background", "none"]));
        Assert.Equal(Unusual with { Background = null }, Saved("none"));
    }

    [Fact]
    public void Inspect_shows_it()
    {
        Source(Unusual);

        var shown = Inspection.Of(Folder("source")).Single(line => line.Heading == "preprocessing").Text;

        foreach (var part in new[]
        {
            "#01fe4d", "shorter side to 21, lanczos", "16×16", "0.12345679", "0.33333334", "preprocessor_config.json",
        })
            Assert.Contains(part, shown, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("processor_config.json", "image_processor")]
    [InlineData("preprocessor_config.json", null)]
    public async Task Files_of_other_makers_are_read(string name, string? section)
    {
        Source(Unusual);
        var settings = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder("source"), "preprocessor_config.json")))!;
        File.Delete(Path.Combine(Folder("source"), "preprocessor_config.json"));
        settings["image_mean"] = new JsonArray(0.5, 0.25, 0.125);
        var json = section is null ? settings : new JsonObject { [section] = settings };
        File.WriteAllText(Path.Combine(Folder("source"), name), json.ToJsonString());

        Assert.Equal(0, await Command.RunAsync("convert", Folder("source"), "--output", Folder("out")));

        Assert.Equal(Unusual with { Mean = [0.5f, 0.25f, 0.125f] }, Saved("out"));
    }

    [Fact]
    public async Task Where_nothing_tells_it_and_the_size_is_none_of_OpenAIs_that_is_said()
    {
        Source(Unusual);
        File.Delete(Path.Combine(Folder("source"), "preprocessor_config.json"));

        var (exit, _, error) = await Command.RunApartAsync("convert", Folder("source"), "--output", Folder("out"));

        Assert.Equal(0, exit);
        Assert.Contains(
            "No file beside the checkpoint tells how pictures are prepared, and 16 is no size of OpenAI's", error,
            StringComparison.Ordinal);
        Assert.Equal(ClipImagePreprocessing.ForSize(16), Saved("out"));
    }

    private async Task Keeps(string command, ClipImagePreprocessing pictures)
    {
        Source(pictures);
        var folder = "out";
        switch (command)
        {
            case "convert":
                Assert.Equal(0, await Command.RunAsync("convert", Folder("source"), "--output", Folder("out")));
                break;
            case "interpolate":
                Assert.Equal(0, await Command.RunAsync("interpolate", Folder("source"), Folder("source"), "--output", Folder("out")));
                break;
            case "quantize":
                Assert.Equal(0, await Command.RunAsync("quantize", "--model", Folder("source"), "--precision", "fp16"));
                folder = "source";
                break;
            case "checkpoint":
                Assert.Equal(0, await Command.RunAsync(Train("trained")));
                var checkpoints = Directory.GetFiles(Folder("trained.run/checkpoints"), "*.safetensors");
                var checkpoint = checkpoints.Order(StringComparer.Ordinal).Last();
                Assert.Equal(0, await Command.RunAsync("convert", checkpoint, "--output", Folder("out")));
                break;
            default:
                Assert.Equal(0, await Command.RunAsync([.. Train("out"), .. command.Split(' ')[1..]]));
                break;
        }

        Assert.Equal(pictures, Saved(folder));
        using var model = ClipModel.Open(Folder(folder));
        Assert.Equal(pictures, model.Preprocessing);
    }

    private string[] Train(string output) =>
    [
        "train", "--train-data", _run.Table, "--model", _run.ConfigFile, "--tokenizer", _run.Folder["tokenizer"], "--pretrained",
        Folder("source"), "--epochs", "1", "--batch-size", "4", "--output", Folder(output),
    ];

    private string Folder(string name) => _run.Folder[name];

    private ClipImagePreprocessing Saved(string folder) =>
        ClipImagePreprocessing.Load(Path.Combine(Folder(folder), "preprocessor_config.json"));

    /// <summary>A model of the run's architecture and tokenizer.</summary>
    private void Source(ClipImagePreprocessing pictures)
    {
        var vocabulary = BpeVocabulary.Load(_run.Folder["tokenizer"]);
        var config = ClipConfigJson.Load(_run.ConfigFile).WithVocabulary(vocabulary.Size, vocabulary.StartOfTextId, vocabulary.EndOfTextId);
        ModelFolderWriter.Write(
            new ModelFolderContents(
                config, RandomModel.Weights(config), pictures, folder => vocabulary.Save(folder, config.Text.ContextLength)),
            Folder("source"));
    }
}
