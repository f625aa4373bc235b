namespace Microsoft.ML.Clip;

/// <summary>A label and its probability.</summary>
/// <param name="Label">The label.</param>
/// <param name="Score">Its probability, from 0 to 1.</param>
public readonly record struct ClipLabelScore(string Label, float Score);

/// <summary>Reads a zero-shot classifier's scores.</summary>
public static class ClipScores
{
    /// <summary>The most probable labels, best first; of equal ones the earlier first. Nothing where the image was missing.</summary>
    /// <param name="scores">The score column's values for one row.</param>
    /// <param name="labels">The labels, as <see cref="ClipZeroShotTransformer.Labels"/> gives them.</param>
    /// <param name="count">How many; default 5.</param>
    /// <exception cref="ArgumentException">There are not as many scores as labels.</exception>
    public static IReadOnlyList<ClipLabelScore> TopLabels(this float[] scores, IReadOnlyList<string> labels, int count = 5)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (scores.Length != labels.Count)
            throw new ArgumentException($"{scores.Length} score(s) do not belong to {labels.Count} label(s).", nameof(scores));
        return
        [
            .. Enumerable.Range(0, scores.Length).Where(i => !float.IsNaN(scores[i]))
                .OrderByDescending(i => scores[i]).Take(count).Select(i => new ClipLabelScore(labels[i], scores[i])),
        ];
    }
}
