namespace Clip.EndToEnd.Tests;

[Collection(SharedModel.Name)]
public sealed class InterruptTests(TrainedModel trained)
{
    [SkippableTheory]
    [InlineData("INT")]
    [InlineData("TERM")]
    [InlineData("HUP")]
    public async Task AnInterruptedRunIsResumedToTheSameBytes(string signal)
    {
        Skip.If(OperatingSystem.IsWindows(), "There are no signals to send on Windows.");
        using var folder = new TempFolder();
        var output = folder["model"];

        using (var run = ClipProcess.Start(folder.Path, trained.TrainCommand(output)))
        {
            await run.SeeAsync(line => line.StartsWith("step 1/160", StringComparison.Ordinal));
            // It stands still meanwhile: on a fast machine it would be done before the signal comes.
            run.Signal("STOP");
            if (signal == "HUP") await ASecondRunOnTheSameOutputIsRefused(folder, output);
            run.Signal(signal);
            run.Signal("CONT");
            var stopped = (await run.FinishAsync()).Succeeded();
            Assert.Matches("^Stopped at step [0-9]+ of 160; go on with the same settings and --resume latest.$", stopped.OutputLines[^1]);
        }

        Assert.False(Directory.Exists(output));
        var checkpoints = Directory.GetFiles(folder["model.run/checkpoints"]);
        Assert.NotEmpty(checkpoints);
        Assert.All(checkpoints, checkpoint => Assert.EndsWith(".safetensors", checkpoint, StringComparison.Ordinal));

        var resumed = (await ClipProcess.RunAsync(trained.TrainCommand(output, "--resume", "latest"))).Succeeded();
        Assert.Matches("^Resumed from .+ at step [0-9]+ of 160.$", resumed.OutputLines[0]);
        SameModel.Assert(trained.Folder, output);
    }

    /// <summary>Beside the live one, whether it starts anew or goes on.</summary>
    private async Task ASecondRunOnTheSameOutputIsRefused(TempFolder folder, string output)
    {
        var second = await ClipProcess.RunInAsync(folder.Path, trained.TrainCommand(output, "--resume", "latest"));
        Assert.Equal(1, second.ExitCode);
        Assert.Contains($"Another run is writing to {output}.run", Assert.Single(second.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFinishedRunIsNotTrainedOver()
    {
        var again = await ClipProcess.RunAsync(trained.TrainCommand(trained.Folder));
        Assert.Equal(1, again.ExitCode);
        Assert.Contains(
            "holds checkpoints of an earlier run; go on with --resume latest",
            Assert.Single(again.ErrorLines),
            StringComparison.Ordinal);
    }
}
