using System.CommandLine;
using Clip.Trainer.Training;
using TorchSharp;

namespace Clip.Bench;

/// <summary><c>train-memory</c>: what a training step leaves behind, and what it costs beside arithmetic.</summary>
internal static class TrainMemoryCommand
{
    public static Command Create()
    {
        var steps = new Option<int>("--steps") { Description = "Steps of the tiny model.", DefaultValueFactory = _ => 10_000 };
        var threads = new Option<int>("--threads") { Description = "Threads.", DefaultValueFactory = _ => Environment.ProcessorCount };
        var settings = new Option<string>("--settings")
        {
            Description = "Sizes.",
            DefaultValueFactory = _ => Path.Combine("bench", "pytorch", "tiny.json"),
        };
        var command = new Command("train-memory", "Measures memory of training steps, and their cost beside arithmetic.")
        {
            steps, threads, settings,
        };
        command.SetAction(parsed =>
        {
            NativeAllocator.KeepFreedMemory();
            torch.set_num_threads(parsed.GetValue(threads));
            Growth(parsed.GetValue(settings)!, parsed.GetValue(steps));
        });
        return command;
    }

    /// <summary>As many calls as of the large model, on next to no numbers: their time bounds what is not arithmetic.</summary>
    private static void Growth(string settings, int steps)
    {
        using var data = StepData.Create(settings);
        using var step = new OwnStep(data, new TrainingOptions { ModelEmaDecay = 0.9998, GradClipNorm = 1 });
        Console.WriteLine(
            "| steps of the tiny model | resident MiB | managed KiB | tensors | median ms a step |\n"
            + "|---|---:|---:|---:|---:|");
        var times = new List<double>();
        for (var i = 1; i <= steps; i++)
        {
            times.Add(step.Step().Time.TotalMilliseconds);
            if (i % Math.Max(1, steps / 10) != 0 && i != Math.Min(steps, 100)) continue;
            GC.Collect();
            GC.WaitForPendingFinalizers();
            times.Sort();
            var tensors = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            Console.WriteLine(
                $"| {i} | {ProcessMemory.MiB("VmRSS"):F1} | "
                + $"{GC.GetTotalMemory(forceFullCollection: true) / 1024} | {tensors} | {times[times.Count / 2]:F2} |");
            times.Clear();
        }
    }
}
