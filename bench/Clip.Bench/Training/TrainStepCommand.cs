using System.CommandLine;
using Clip.Trainer.Modeling;
using Clip.Trainer.Training;
using TorchSharp;

namespace Clip.Bench;

/// <summary><c>train-step</c>: a step of training on the same batch and from the same weights, ours in turns with PyTorch's.</summary>
internal static class TrainStepCommand
{
    /// <summary>The losses of float32 steps differ by rounding only, at first: later, rounding has moved the weights.</summary>
    private const double Tolerance = 1e-3;

    public static Command Create()
    {
        var settings = new Option<string>("--settings")
        {
            Description = "Sizes, batch and optimizer.",
            DefaultValueFactory = _ => Path.Combine("bench", "pytorch", "step.json"),
        };
        var python = new Option<string>("--python") { Description = "A Python that has PyTorch.", DefaultValueFactory = _ => "python3" };
        var script = new Option<string>("--script")
        {
            Description = "The step in PyTorch.",
            DefaultValueFactory = _ => Path.Combine("bench", "pytorch", "train_step.py"),
        };
        var rounds = new Option<int>("--rounds") { Description = "Steps of each, besides one to warm up.", DefaultValueFactory = _ => 15 };
        var threads = new Option<int>("--threads")
        {
            Description = "Threads of each.",
            DefaultValueFactory = _ => Environment.ProcessorCount,
        };
        var command = new Command("train-step", "Times training steps, in turns with PyTorch's.")
        {
            settings, python, script, rounds, threads,
        };
        command.SetAction(parsed =>
        {
            var folder = Directory.CreateTempSubdirectory("clip-bench-").FullName;
            try
            {
                NativeAllocator.KeepFreedMemory();
                torch.set_num_threads(parsed.GetValue(threads));
                using var data = StepData.Create(parsed.GetValue(settings)!);
                data.Write(folder);
                Run(data, parsed.GetValue(python)!, parsed.GetValue(script)!, parsed.GetValue(rounds), parsed.GetValue(threads));
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        });
        return command;
    }

    private static void Run(StepData data, string python, string script, int rounds, int threads)
    {
        using var fp32 = new OwnStep(data, new TrainingOptions());
        using var bf16 = new OwnStep(data, new TrainingOptions { Precision = TrainingPrecision.Bf16 });
        using var loop = PyTorchStep.Start(python, script, data, threads, foreachAdamW: false);
        using var fused = PyTorchStep.Start(python, script, data, threads, foreachAdamW: true);
        List<(string Name, Func<(TimeSpan Time, double Loss)> Step)> entrants = [("ours, fp32", fp32.Step), ("ours, bf16", bf16.Step)];
        if (loop is not null) entrants.Add(($"{loop.Version}", loop.Step));
        if (fused is not null) entrants.Add(("the same, AdamW with foreach", fused.Step));

        var losses = entrants.Select(_ => new List<double>()).ToArray();
        var results = Contest.Run(
            [.. entrants.Select((e, i) => new Entrant(e.Name, (int)data.Pixels.shape[0], () =>
            {
                var (time, loss) = e.Step();
                losses[i].Add(loss);
                return time;
            }))],
            rounds);
        Tables.Write($"A training step of {data.Pixels.shape[0]} pairs, {threads} threads", "pairs/s", results);
        Console.WriteLine("\n| what | median ms | first losses |\n|---|---:|---|");
        foreach (var (result, loss) in results.Zip(losses))
        {
            var first = string.Join(' ', loss.Take(3).Select(l => $"{l:F4}"));
            Console.WriteLine($"| {result.Name} | {1000 * data.Pixels.shape[0] / result.Median:F0} | {first} |");
        }

        Tables.WriteRatios(results[0], results.Skip(1));
        foreach (var (loss, entrant) in losses.Zip(entrants).Skip(2))
        {
            if (Math.Abs(loss[0] - losses[0][0]) > Tolerance || Math.Abs(loss[1] - losses[0][1]) > Tolerance)
                throw new InvalidDataException($"The losses of '{entrant.Name}' are not ours: it does not do the same work.");
        }
    }
}
