using Clip.Trainer.Reporting;

namespace Clip.Cli.Tests.Commands;

/// <summary>A tiny training by <c>clip train</c>, and what it leaves behind.</summary>
public abstract class TinyTraining : IDisposable
{
    private protected TinyRun Run { get; } = new();

    public void Dispose()
    {
        Run.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected string LastCheckpoint(string run) =>
        Directory.GetFiles(Run.Folder[$"{run}.run/checkpoints"], "*.safetensors").Order(StringComparer.Ordinal).Last();

    private protected void AssertLossFell(string run)
    {
        var losses = MetricsLog.Read(Run.Folder[$"{run}.run/{MetricsLog.FileName}"])["loss"];
        Assert.True(losses[^3..].Average(l => l.Value) < losses[..3].Average(l => l.Value), string.Join(' ', losses));
    }

    private protected void AssertSameFiles(string expected, string actual, params string[] names) => Assert.All(names, name => Assert.Equal(
        File.ReadAllBytes(Run.Folder[$"{expected}/{name}"]), File.ReadAllBytes(Run.Folder[$"{actual}/{name}"])));

    private protected static async Task AssertRefused(string message, params string[] command)
    {
        var (exit, printed, error) = await Command.RunApartAsync(command);
        Assert.True(exit == 1, printed);
        Assert.Contains(message, error.ReplaceLineEndings(" "), StringComparison.Ordinal);
    }

    private protected string[] Options(string output, int epochs) =>
    [
        "train", "--train-data", Run.Table, "--output", Run.Folder[output], "--epochs", $"{epochs}", "--batch-size", "4", "--lr", "3e-3",
        "--warmup", "1",
    ];
}
