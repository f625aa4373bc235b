using System.Text.RegularExpressions;

namespace Clip.EndToEnd.Tests;

/// <summary>
/// What is lost when a training is killed, its newest checkpoint damaged, or the disk full:
/// no more than the steps since the last checkpoint.
/// </summary>
[Collection(SharedModel.Name)]
public sealed partial class LossTests(TrainedModel trained) : IDisposable
{
    private const int StepsPerEpoch = 12;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ARunKilledInMidEpochIsResumedToTheSameBytes()
    {
        (await ClipProcess.RunAsync(Train("whole"))).Succeeded();

        using (var run = ClipProcess.Start(_folder.Path, Train("killed")))
        {
            await CheckpointAsync("killed");
            run.Signal("KILL");
            Assert.NotEqual(0, (await run.FinishAsync()).ExitCode);
        }

        Assert.False(Directory.Exists(_folder["killed"]));
        var resumed = (await ClipProcess.RunAsync(Train("killed", "--resume", "latest"))).Succeeded();

        var step = int.Parse(Resumed().Match(resumed.OutputLines[0]).Groups[1].ValueSpan);
        Assert.NotEqual(0, step % StepsPerEpoch);
        SameModel.Assert(_folder["whole"], _folder["killed"]);
        var steps = File.ReadLines(_folder["killed.run/metrics.jsonl"])
            .Where(l => l.Contains("\"loss\"", StringComparison.Ordinal))
            .Select(l => Step().Match(l).Groups[1].Value);
        Assert.Equal(Enumerable.Range(1, 360).Select(i => $"{i}"), steps);
    }

    [Fact]
    public async Task ADamagedNewestCheckpointIsPassedOverAndToldOf()
    {
        (await ClipProcess.RunAsync(Train("run"))).Succeeded();
        var whole = _folder["whole"];
        Directory.Move(_folder["run"], whole);
        var newest = _folder["run.run/checkpoints/step_00000360.safetensors"];
        using (var file = File.OpenWrite(newest)) file.SetLength(file.Length / 2);

        var resumed = (await ClipProcess.RunAsync(Train("run", "--resume", "latest"))).Succeeded();

        Assert.StartsWith($"Passed over the damaged checkpoint {newest}: ", resumed.OutputLines[0], StringComparison.Ordinal);
        Assert.EndsWith("at step 351 of 360.", resumed.OutputLines[1], StringComparison.Ordinal);
        SameModel.Assert(whole, _folder["run"]);
    }

    [SkippableFact]
    public async Task AFullDiskIsOneErrorAndTheCheckpointBeforeIsWhole()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Files are kept from growing by bash's ulimit, as Linux has it.");
        using (var run = ClipProcess.Start(_folder.Path, Train("run")))
        {
            await CheckpointAsync("run");
            run.Interrupt();
            (await run.FinishAsync()).Succeeded();
        }

        var checkpoint = Directory.GetFiles(_folder["run.run/checkpoints"], "*.safetensors").Order(StringComparer.Ordinal).Last();
        var before = File.ReadAllBytes(checkpoint);

        using var full = ChildProcess.DotnetWithFilesUpTo(
            kibibytes: 64, _folder.Path, ClipProcess.Arguments(Train("run", "--resume", "latest")));
        var outcome = await full.FinishAsync();

        Assert.Equal(1, outcome.ExitCode);
        Assert.Matches(
            @"^clip: The checkpoint .+ could not be written: .+; make room, then go on from the one before with --resume latest\.$",
            Assert.Single(outcome.ErrorLines));
        Assert.Equal(before, File.ReadAllBytes(checkpoint));
        Assert.Empty(Directory.GetFiles(_folder["run.run/checkpoints"], "*.tmp"));
        (await ClipProcess.RunAsync(Train("run", "--resume", "latest"))).Succeeded();
    }

    /// <summary>360 steps in 30 epochs, with a checkpoint every 13, mostly in mid-epoch.</summary>
    private string[] Train(string output, params string[] more) =>
    [
        "train", "--train-data", trained.TrainTable, "--model", trained.ConfigFile, "--vocab-size", "560", "--epochs", "30",
        "--batch-size", "4", "--save-steps", "13", "--save-frequency", "1000", "--output", _folder[output], .. more,
    ];

    /// <summary>Waits for a run's first checkpoint.</summary>
    private async Task CheckpointAsync(string output)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var folder = _folder[$"{output}.run/checkpoints"];
        while (!Directory.Exists(folder) || Directory.GetFiles(folder, "*.safetensors").Length == 0) await Task.Delay(5, late.Token);
    }

    [GeneratedRegex("^Resumed from .+ at step ([0-9]+) of 360.$")]
    private static partial Regex Resumed();

    [GeneratedRegex("\"step\":([0-9]+)")]
    private static partial Regex Step();
}
