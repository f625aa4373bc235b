using Clip.Conversion.Checkpoints;
using Clip.Data.Distributed;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using TorchSharp;

namespace Clip.Trainer.Training;

/// <summary>From options to an objective that is ready to be trained.</summary>
internal static class ModelStart
{
    /// <summary>Creates the objective's model, gives it its starting weights, and freezes what shall stay.</summary>
    /// <param name="options">Objective, seed, and what to start from.</param>
    /// <param name="model">What is trained.</param>
    /// <param name="say">Told what was started from.</param>
    /// <param name="ranks">Those that share each batch; null for none but this.</param>
    /// <param name="words">Vectors that the text tower's tokens start from; null for what the model's start gives them.</param>
    /// <returns>The caller disposes its module.</returns>
    /// <exception cref="ClipException">The starting weights do not fit, or an option does not fit the model.</exception>
    public static IObjective Create(
        TrainingOptions options, TrainableModel model, Action<string> say, Ranks? ranks = null, WordRows? words = null)
    {
        torch.manual_seed(options.Seed);
        var objective = model.CreateObjective(options);
        var module = objective.Module;
        try
        {
            if (options.FineTuning.Pretrained is { } path)
            {
                var fresh = model.LoadPretrained(module, path);
                say(fresh.Count == 0 ? $"Starting from {path}." : $"Starting from {path}; new are {Short(fresh)}.");
            }

            words?.GiveTo(module);
            FineTuning.Apply(module, model.Layout, model.HasTextTower, options.FineTuning);
            if (ranks is { AreSeveral: true } && options.Precision == TrainingPrecision.Fp16)
                throw new ClipException("`Precision` fp16 is not offered over several ranks, whose loss would need one scale; take bf16.");
            var device = TorchDevice.Of(options.Device, ranks?.LocalRank ?? 0);
            if (device.type != DeviceType.CPU) module.to(device);
            TorchDevice.AllowTf32(options.Tf32);
            if (!options.SynchronizedBatchNorm || ranks is null) return objective;
            foreach (var norm in module.modules().OfType<BatchNorm2d>()) norm.Ranks = ranks;
            return objective;
        }
        catch
        {
            module.Dispose();
            throw;
        }
    }

    /// <summary>A model's weights as they are written: with LoRA's updates merged.</summary>
    public static Dictionary<string, WeightTensor> Export(torch.nn.Module module) => LowRankMerge.Apply(TorchWeights.Of(module));

    private static string Short(IReadOnlyList<string> names) =>
        names.Count > 3 ? $"{string.Join(", ", names.Take(3))} and {names.Count - 3} more weights" : string.Join(", ", names);
}
