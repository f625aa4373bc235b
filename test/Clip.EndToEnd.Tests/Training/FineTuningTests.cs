namespace Clip.EndToEnd.Tests;

/// <summary>Starting from a trained model, by the command line alone.</summary>
[Collection(SharedModel.Name)]
public sealed class FineTuningTests(TrainedModel trained)
{
    [Theory]
    [InlineData("")]
    [InlineData("--lock-image")]
    [InlineData("--lock-image --lock-image-unlocked-groups 1")]
    [InlineData("--lock-text --lock-text-unlocked-layers 1")]
    [InlineData("--lora-rank 2 --lora-alpha 4")]
    public async Task AModelFolderIsFineTuned(string how)
    {
        using var folder = new TempFolder();
        string[] command =
        [
            "train", "--pretrained", trained.Folder, "--train-data", trained.TestTable, "--epochs", "1", "--batch-size", "12",
            "--lr", "1e-3", "--warmup", "0", "--output", folder["tuned"],
        ];

        var run = (await ClipProcess.RunAsync([.. command, .. how.Split(' ', StringSplitOptions.RemoveEmptyEntries)])).Succeeded();

        Assert.Contains($"Starting from {trained.Folder}.", run.OutputLines);
        Assert.Equal(Files(trained.Folder), Files(folder["tuned"]));
        var tower = "onnx/vision_model.onnx";
        var same = File.ReadAllBytes(Path.Combine(trained.Folder, tower)).AsSpan()
            .SequenceEqual(File.ReadAllBytes(Path.Combine(folder["tuned"], tower)));
        Assert.Equal(how == "--lock-image", same);
        Assert.False(File.ReadAllBytes(Path.Combine(trained.Folder, "model.safetensors")).AsSpan()
            .SequenceEqual(File.ReadAllBytes(Path.Combine(folder["tuned"], "model.safetensors"))));
    }

    [Fact]
    public async Task ACheckpointOfARunIsAStartToo()
    {
        using var folder = new TempFolder();
        var checkpoint = Directory.GetFiles(trained.Folder + ".run/checkpoints", "step_*.safetensors").Order(StringComparer.Ordinal).Last();

        var run = (await ClipProcess.RunAsync(
            "train", "--pretrained", checkpoint, "--model", trained.ConfigFile, "--train-data", trained.TestTable, "--epochs", "1",
            "--batch-size", "12", "--lr", "1e-9", "--output", folder["tuned"])).Succeeded();

        Assert.Contains($"Starting from {checkpoint}.", run.OutputLines);
        Assert.Equal(await trained.Top1Async(trained.Folder), await trained.Top1Async(folder["tuned"]), 5.0);
    }

    [Fact]
    public async Task ModelsBetweenTwoAreWritten()
    {
        using var folder = new TempFolder();
        (await ClipProcess.RunAsync(
            "train", "--pretrained", trained.Folder, "--train-data", trained.TestTable, "--epochs", "1", "--batch-size", "12",
            "--output", folder["tuned"])).Succeeded();

        (await ClipProcess.RunAsync(
            "interpolate", trained.Folder, folder["tuned"], "--alpha", "0", "0.5", "1", "--output", folder["between"])).Succeeded();

        SameModel.Assert(trained.Folder, folder["between-0"]);
        SameModel.Assert(folder["tuned"], folder["between-1"]);
        Assert.InRange(await trained.Top1Async(folder["between-0.5"]), 25, 100);
    }

    private static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal);
}
