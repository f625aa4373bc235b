using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Clip.Cli.Quickstart;
using Clip.Cli.Running;
using Clip.Cli.Training;
using Clip.Data;
using Clip.Data.Distributed;
using Clip.Data.Sources;
using Clip.Trainer.Training;

namespace Clip.Cli.Commands;

/// <summary>
/// <c>clip quickstart</c>: the whole road in a few minutes, from drawn pictures to an ML.NET pipeline in another process.
/// </summary>
internal static class QuickstartCommand
{
    public static Command Create()
    {
        var output = new Option<string>("--output")
        {
            Description = "Folder for everything the quickstart makes; what an earlier one made there is replaced.",
            DefaultValueFactory = _ => "quickstart",
        };
        var seed = new Option<long>("--seed")
        {
            Description = "Decides pictures, held-out combinations and training.",
            DefaultValueFactory = _ => 0,
        };
        var epochs = new Option<int>("--epochs") { Description = "Passes over the pictures.", DefaultValueFactory = _ => 6 };
        var pictures = new Option<int>("--pictures")
        {
            Description = "Pictures to train on.",
            DefaultValueFactory = _ => SceneDataset.TrainImages,
            Hidden = true,
        };
        var command = new Command(
            "quickstart", "Draws captioned pictures, trains a small CLIP on them and classifies combinations it never saw.")
        {
            output, seed, epochs, pictures,
        };
        command.SetAction(async (parsed, _) =>
        {
            using var stop = new StopSignals();
            return await RunAsync(
                Path.GetFullPath(parsed.GetValue(output)!), parsed.GetValue(seed), parsed.GetValue(epochs), parsed.GetValue(pictures),
                stop.Token).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RunAsync(string folder, long seed, int epochs, int pictures, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var paths = new QuickstartPaths(folder);
        paths.RemoveEarlier();

        Say(QuickstartEstimate.Of(pictures, epochs));
        Say($"Drawing {pictures} captioned pictures; {SceneDataset.HeldOut} of {Combination.All.Count} combinations "
            + "of size, texture, color and shape are kept out of training.");
        var data = SceneDataset.Draw(paths.Data, seed, pictures);
        var finished = await TrainCommand.RunAsync(
            new TrainingRunOptions
            {
                Data = new RunData(NamedSource.Of(data.Train)),
                Validation = new RunValidation { Data = NamedSource.Of(data.Validation) },
                Model = new RunModel("quickstart") { VocabSize = 640 },
                Training = new TrainingOptions
                {
                    Epochs = epochs,
                    BatchSize = QuickstartEstimate.BatchSize,
                    LearningRate = 2e-3,
                    Warmup = 50,
                    Optimizer = new AdamWOptions(WeightDecay: 0.1),
                    GradClipNorm = 1,
                    LabelSmoothing = 0.1, // many captions of a batch are true of several of its pictures
                    Augmentation = new Augmentation { Crop = new RandomResizedCrop(MinScale: 1) }, // the pictures vary enough by themselves
                    Seed = seed,
                },
            },
            new RunOutput(paths.Model),
            Ranks.Alone,
            cancellation).ConfigureAwait(false);
        if (!finished) return 0;

        Say("Classifying the combinations kept out, in a new process, with Microsoft.ML.Clip alone:");
        var exit = await UseInNewProcessAsync(folder, cancellation).ConfigureAwait(false);
        if (exit != 0) return exit;
        Say(string.Create(CultureInfo.InvariantCulture, $"wall time {clock.Elapsed.TotalSeconds:F0} s"));
        Say($"pictures and captions  {paths.Data}");
        Say($"model folder           {paths.Model}");
        Say($"ML.NET pipeline        {paths.Pipeline}");
        return 0;

        void Say(string line) => Console.WriteLine(line);
    }

    private static async Task<int> UseInNewProcessAsync(string folder, CancellationToken cancellation)
    {
        // Run as 'dotnet clip.dll' the process is dotnet itself; run as an executable it is this program.
        var start = new ProcessStartInfo(Environment.ProcessPath!) { UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(QuickstartCommand).Assembly.Location);
        start.ArgumentList.Add(QuickstartUseCommand.Name);
        start.ArgumentList.Add(folder);
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
        return process.ExitCode;
    }
}
