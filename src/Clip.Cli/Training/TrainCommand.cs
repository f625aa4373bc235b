using Clip.Cli.Running;
using System.CommandLine;
using Clip.Cli.Reporting;
using Clip.Trainer;
using Clip.Trainer.Reporting;
using Clip.Trainer.Training;
using Spectre.Console;

namespace Clip.Cli.Training;

/// <summary><c>clip train</c>: captioned images in, a model folder out.</summary>
internal static class TrainCommand
{
    public static Command Create()
    {
        var (data, objective, run) = (new DataOptions(), new ObjectiveOptions(), new RunOptions());
        var (optimization, augmentation, zeroShot) = (new OptimizationOptions(), new AugmentationOptions(), new ZeroShotOptions());
        IEnumerable<Option> all = [.. data.All, .. objective.All, .. run.All, .. optimization.All, .. augmentation.All, .. zeroShot.All];
        var command = new Command("train", "Trains a model on captioned images and writes a model folder.");
        foreach (var option in all) command.Options.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            // Each group adds what it knows.
            var options = new TrainingRunOptions { TrainData = "", Model = "", Output = "" };
            options = data.Apply(parsed, options);
            options = await objective.ApplyAsync(parsed, options, cancellation).ConfigureAwait(false);
            options = optimization.Apply(parsed, options);
            options = augmentation.Apply(parsed, options);
            options = zeroShot.Apply(parsed, options);
            options = run.Apply(parsed, options) with { Arguments = Reproduction.Arguments(parsed) };
            using var stop = new StopSignals();
            await RunAsync(options, stop.Token).ConfigureAwait(false);
            return 0;
        });
        return command;
    }

    /// <summary>Runs a training with the console's display, logs and a page at the end.</summary>
    internal static Task<bool> RunAsync(TrainingRunOptions options, CancellationToken cancellation)
    {
        NativeAllocator.KeepFreedMemory();
        if (options is { DryRun: true, FindLearningRate: true })
            throw new ClipException("--dry-run and --lr-find measure different things; give one of them.");
        if (options.DryRun)
        {
            var dryRun = new DryRun(AnsiConsole.Console.WriteLine, cancellation);
            return new TrainingRun(options, AnsiConsole.Console.WriteLine, dryRun).RunAsync(dryRun.Enough);
        }

        var time = TimeProvider.System;
        // The page is made of the log, which must have been told of the end before.
        var run = new TrainingRun(
            options, AnsiConsole.Console.WriteLine,
            new TrainingDisplay(AnsiConsole.Console, time), new MetricsLog(time), new TensorBoardLog(time), new TrainingPage());
        return run.RunAsync(cancellation);
    }
}
