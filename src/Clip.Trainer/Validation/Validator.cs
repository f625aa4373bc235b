using Clip.Data;
using Clip.Evaluation;
using Clip.Trainer.Objectives;
using static TorchSharp.torch;

namespace Clip.Trainer.Validation;

/// <summary>What is measured after which epochs.</summary>
/// <param name="objective">What is trained.</param>
/// <param name="pairs">Validation pairs; null for none.</param>
/// <param name="pairsEvery">Epochs between two passes over them.</param>
/// <param name="sets">Labeled pictures.</param>
/// <param name="setsEvery">Epochs between two passes over them.</param>
/// <param name="probe">Measures on labeled pictures.</param>
internal sealed class Validator(
    IObjective objective, IPairSource? pairs, int pairsEvery, IReadOnlyList<LabeledSet> sets, int setsEvery, ZeroShotProbe probe)
{
    /// <summary>The validation pairs, or null.</summary>
    public IPairSource? Pairs => pairs;

    /// <summary>Measures what is due, with the objective's module in evaluation mode meanwhile.</summary>
    /// <param name="epoch">Epochs done.</param>
    /// <param name="last">Whether it was the last: then everything is due.</param>
    /// <param name="tensors">Pixels [B, 3, S, S] and ids [B, L] of a batch, on the module's device.</param>
    /// <param name="cancellation">Stops it, even while a picture's file blocks.</param>
    /// <returns>Null where nothing is due.</returns>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public ValidationMetrics? Measure(
        int epoch, bool last, Func<PairBatch, (Tensor Pixels, Tensor Ids)> tensors, CancellationToken cancellation)
    {
        var validate = pairs is not null && (last || epoch % pairsEvery == 0);
        var classify = sets.Count > 0 && (last || epoch % setsEvery == 0);
        if (!validate && !classify) return null;
        objective.Module.eval();
        try
        {
            var metrics = validate
                ? ValidationPass.Run(objective, Interruptible.Items(pairs!.InOrder(), cancellation), tensors)
                : new ValidationMetrics(null, null, []);
            return classify ? metrics with { ZeroShot = [.. sets.Select(set => probe.Measure(objective, set, cancellation))] } : metrics;
        }
        finally
        {
            objective.Module.train();
        }
    }
}
