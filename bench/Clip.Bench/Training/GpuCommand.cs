using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Bench;

/// <summary>
/// <c>gpu</c>: loss and gradients of a small model on a device against the CPU's, and the time of a large one's step there, as JSON for
/// <c>bench/gpu/check.sh</c>.
/// </summary>
internal static class GpuCommand
{
    /// <summary>By how much a gradient on the device may differ, as a share of its largest number.</summary>
    private const double Tolerance = 1e-4;

    public static Command Create()
    {
        var device = new Option<string>("--device") { Description = $"{TorchDevice.Names}.", DefaultValueFactory = _ => "cuda" };
        var small = new Option<string>("--small") { Description = "The model whose gradients are compared.", Required = true };
        var large = new Option<string>("--large") { Description = "The model whose step is timed.", Required = true };
        var start = new Option<string>("--start") { Description = "A folder for the large model's weights and batch.", Required = true };
        var steps = new Option<int>("--steps") { Description = "Steps that are timed.", DefaultValueFactory = _ => 20 };
        var command = new Command("gpu", "Checks and times training on a device; see bench/gpu/check.sh.")
        {
            device, small, large, start, steps,
        };
        command.SetAction(parsed =>
        {
            var on = TorchDevice.Of(parsed.GetValue(device)!);
            var exact = Compare(parsed.GetValue(small)!, on);
            using var data = StepData.Create(parsed.GetValue(large)!);
            data.Write(parsed.GetValue(start)!);
            var times = new (string Name, TrainingPrecision Precision, bool Tf32)[]
                {
                    ("fp32", TrainingPrecision.Fp32, false), ("tf32", TrainingPrecision.Fp32, true),
                    ("bf16", TrainingPrecision.Bf16, true), ("fp16", TrainingPrecision.Fp16, true),
                }
                // A CPU has no TF32, and its float16 is very slow.
                .Where(way => way.Name is "fp32" or "bf16" || TorchDevice.IsApart(on))
                .ToDictionary(way => way.Name, way => Time(data, on, way.Precision, way.Tf32, parsed.GetValue(steps)));
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                device = on.ToString(),
                batch = data.Pixels.shape[0],
                loss_difference = exact.Loss,
                largest_gradient_difference = exact.Gradient,
                exact = exact.Loss < Tolerance && exact.Gradient < Tolerance,
                step_seconds = times,
                memory = DeviceMemory.Describe(on),
            }));
            return exact.Loss < Tolerance && exact.Gradient < Tolerance ? 0 : 1;
        });
        return command;
    }

    private static (double Loss, double Gradient) Compare(string settings, Device on)
    {
        using var scope = NewDisposeScope();
        using var data = StepData.Create(settings);
        var (loss, gradients) = Of(CPU, data);
        var (other, others) = Of(on, data);
        return (Math.Abs(loss - other), gradients.Max(g => Difference(g.Value, others[g.Key])));

        static double Difference(Tensor a, Tensor b)
        {
            using Scalar least = 1e-6;
            return (a - b).abs().max().div(a.abs().max().clamp_min(least)).item<double>();
        }
    }

    private static (double Loss, Dictionary<string, Tensor> Gradients) Of(Device device, StepData data)
    {
        using var model = data.Model();
        model.to(device);
        using var step = new TrainingStep(new ClipObjective(model), new TrainingOptions());
        var loss = step.Take(data.Pixels.to(device), data.Ids.to(device), learningRate: 0).Loss;
        return (loss, model.named_parameters().ToDictionary(p => p.name, p => Dense(p.parameter.grad!).cpu().to_type(ScalarType.Float64)));

        static Tensor Dense(Tensor gradient) => gradient.is_sparse ? gradient.to_dense() : gradient;
    }

    /// <summary>The mean time of steps as in a run: each is started before the one before has been waited for.</summary>
    private static double Time(StepData data, Device on, TrainingPrecision precision, bool tf32, int steps)
    {
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32;
        using var scope = NewDisposeScope();
        using var model = data.Model();
        model.to(on);
        var options = new TrainingOptions { Optimizer = data.Optimizer, Precision = precision };
        using var step = new TrainingStep(new ClipObjective(model), options);
        var (pixels, ids) = (data.Pixels.to(on), data.Ids.to(on));
        for (var i = 0; i < Math.Min(3, steps); i++) step.Take(pixels, ids, data.LearningRate);
        var watch = Stopwatch.StartNew();
        StartedStep? before = null;
        for (var i = 0; i < steps; i++)
        {
            var started = step.Start(pixels, ids, data.LearningRate);
            before?.Outcome();
            before?.Dispose();
            before = started;
        }

        before?.Outcome();
        before?.Dispose();
        return watch.Elapsed.TotalSeconds / steps;
    }
}
