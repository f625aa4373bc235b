using Clip.Evaluation;

namespace Clip.Trainer.Validation;

/// <summary>What validation tells of a model in training.</summary>
/// <param name="Loss">Mean loss over the validation pairs, or over their tokens where the objective's is one; null without any.</param>
/// <param name="Retrieval">How well images and texts find each other; null where the objective does not compare them.</param>
/// <param name="ZeroShot">Accuracies on labeled pictures, a set each.</param>
internal sealed record ValidationMetrics(double? Loss, RetrievalMetrics? Retrieval, IReadOnlyList<ZeroShotResult> ZeroShot)
{
    /// <summary>The names of what a run's validations measure, the loss first; some are not measured after every epoch.</summary>
    /// <param name="pairs">Whether there are validation pairs.</param>
    /// <param name="contrastive">Whether the objective compares images and texts.</param>
    /// <param name="sets">The names of the labeled sets.</param>
    public static IEnumerable<string> Names(bool pairs, bool contrastive, IEnumerable<string> sets)
    {
        double[] none = [.. RetrievalMetrics.Ks.Select(_ => 0.0)];
        return new ValidationMetrics(
            pairs ? 0 : null, pairs && contrastive ? new RetrievalMetrics(none, none) : null,
            [.. sets.Select(name => new ZeroShotResult(name, 0, 0))]).Values.Select(v => v.Name);
    }

    /// <summary>Everything by open_clip's names.</summary>
    public IEnumerable<(string Name, double Value)> Values
    {
        get
        {
            if (Loss is { } loss) yield return ("clip_val_loss", loss);
            foreach (var recall in Retrieval?.Values ?? []) yield return recall;
            foreach (var set in ZeroShot)
            {
                yield return ($"{set.Name}-zeroshot-val-top1", set.Top1);
                yield return ($"{set.Name}-zeroshot-val-top5", set.Top5);
            }
        }
    }
}

/// <summary>Zero-shot accuracy on a set of labeled pictures.</summary>
/// <param name="Name">The set's.</param>
/// <param name="Top1">Share of pictures whose own class is the most similar.</param>
/// <param name="Top5">Share of pictures whose own class is among the five most similar.</param>
internal sealed record ZeroShotResult(string Name, double Top1, double Top5);
