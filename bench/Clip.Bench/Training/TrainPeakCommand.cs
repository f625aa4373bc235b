using System.CommandLine;
using Clip.Trainer.Modeling;
using Clip.Trainer.Training;
using TorchSharp;

namespace Clip.Bench;

/// <summary><c>train-peak</c>: the most memory that training steps take; one way of stepping a process, for freed memory is kept.</summary>
internal static class TrainPeakCommand
{
    public static Command Create()
    {
        var settings = new Option<string>("--settings")
        {
            Description = "Sizes, batch and optimizer.",
            DefaultValueFactory = _ => Path.Combine("bench", "pytorch", "step.json"),
        };
        var threads = new Option<int>("--threads") { Description = "Threads.", DefaultValueFactory = _ => Environment.ProcessorCount };
        var bfloat16 = new Option<bool>("--bf16") { Description = "Products in bfloat16." };
        var checkpointing = new Option<bool>("--grad-checkpointing") { Description = "Run blocks twice." };
        var parts = new Option<int>("--accum-freq") { Description = "Parts of the batch.", DefaultValueFactory = _ => 1 };
        var command = new Command("train-peak", "Measures the most memory that training steps take.")
        {
            settings, threads, bfloat16, checkpointing, parts,
        };
        command.SetAction(parsed =>
        {
            NativeAllocator.KeepFreedMemory();
            torch.set_num_threads(parsed.GetValue(threads));
            using var data = StepData.Create(parsed.GetValue(settings)!);
            using var step = new OwnStep(data, new TrainingOptions
            {
                Precision = parsed.GetValue(bfloat16) ? TrainingPrecision.Bf16 : TrainingPrecision.Fp32,
                GradCheckpointing = parsed.GetValue(checkpointing),
                AccumFrequency = parsed.GetValue(parts),
            });
            var before = ProcessMemory.MiB("VmRSS");
            var times = Enumerable.Range(0, 7).Select(_ => step.Step().Time.TotalMilliseconds).Order().ToArray();
            Console.WriteLine(
                $"{ProcessMemory.MiB("VmHWM") - before:F0} MiB above the {before:F0} of program, weights and moments; "
                + $"{times[3]:F0} ms a step");
        });
        return command;
    }
}
