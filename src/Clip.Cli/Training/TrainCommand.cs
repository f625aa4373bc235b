using System.CommandLine;
using Clip.Cli.Options;
using Clip.Cli.Reporting;
using Clip.Cli.Running;
using Clip.Data.Distributed;
using Clip.Trainer.Reporting;
using Clip.Trainer.Training;
using Spectre.Console;

namespace Clip.Cli.Training;

/// <summary><c>clip train</c>: captioned images in, a model folder out.</summary>
internal static class TrainCommand
{
    public static Command Create()
    {
        var train = new TrainOptions();
        var command = new Command("train", "Trains a model on captioned images and writes a model folder.");
        foreach (var option in train.All) command.Options.Add(option);
        command.SetAction((parsed, cancellation) => RankedJob.RunAsync(async ranks =>
        {
            // The first downloads what the others then find.
            if (!ranks.IsFirst) ranks.Meet();
            var pretrained = await train.PretrainedAsync(parsed, cancellation).ConfigureAwait(false);
            if (ranks.IsFirst) ranks.Meet();
            var options = train.Parse(parsed, pretrained);
            using var stop = new StopSignals();
            switch (train.Verb(parsed))
            {
                case TrainingVerb.Measure:
                    await MeasureAsync(options, ranks, stop.Token).ConfigureAwait(false);
                    break;
                case TrainingVerb.FindLearningRate:
                    await FindLearningRateAsync(options, ranks, stop.Token).ConfigureAwait(false);
                    break;
                default:
                    await RunAsync(options, train.Output(parsed), ranks, stop.Token).ConfigureAwait(false);
                    break;
            }

            return 0;
        }));
        return command;
    }

    /// <summary>Runs a training with the console's display, logs and a page at the end; of several ranks the first has them.</summary>
    internal static Task<bool> RunAsync(TrainingRunOptions options, RunOutput output, Ranks ranks, CancellationToken cancellation)
    {
        NativeAllocator.KeepFreedMemory();
        if (!ranks.IsFirst) return new TrainingRun(options, output, ranks, _ => { }).RunAsync(cancellation);
        var time = TimeProvider.System;
        // The page is made of the log, which must have been told of the end before.
        var run = new TrainingRun(
            options, output, ranks, Say,
            new TrainingDisplay(AnsiConsole.Console, time), new MetricsLog(time), new TensorBoardLog(time), new TrainingPage());
        return run.RunAsync(cancellation);
    }

    private static async Task MeasureAsync(TrainingRunOptions options, Ranks ranks, CancellationToken cancellation)
    {
        NativeAllocator.KeepFreedMemory();
        var trial = new TrainingTrial(options, ranks.IsFirst ? Say : _ => { }, ranks);
        var measured = await trial.MeasureAsync(cancellation).ConfigureAwait(false);
        if (!ranks.IsFirst) return;
        foreach (var line in MeasurementText.Lines(measured)) Say(line);
    }

    private static async Task FindLearningRateAsync(TrainingRunOptions options, Ranks ranks, CancellationToken cancellation)
    {
        NativeAllocator.KeepFreedMemory();
        var trial = new TrainingTrial(options, ranks.IsFirst ? Say : _ => { }, ranks);
        var found = await trial.FindLearningRateAsync(cancellation).ConfigureAwait(false);
        if (!ranks.IsFirst) return;
        foreach (var (rate, loss) in found.Curve) Say(FormattableString.Invariant($"lr {rate:0.00E+00}  loss {loss:F4}"));
        Say(FormattableString.Invariant($"Try --lr {found.Suggest():G2}: a tenth of where the loss was lowest."));
    }

    private static void Say(string line) => AnsiConsole.Console.WriteLine(Flags.In(line));
}
