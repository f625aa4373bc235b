using Microsoft.ML.Clip.Experiments.DataCheck;

namespace Microsoft.ML.Clip.Experiments.Refusal;

/// <summary>
/// Pictures for a class "none of these": of those that nobody has labeled the ones that are farther from every labeled picture than
/// labeled pictures are from each other. Others may well be of a class, and would teach the model to refuse it.
/// </summary>
internal static class NoneOfThese
{
    /// <summary>The share of labeled pictures that lie so far off themselves.</summary>
    private const double Stray = 0.02;

    /// <summary>Rows of the unlabeled ones that are none of the classes.</summary>
    /// <param name="features">Of the labeled ones, of length 1, [rows][D].</param>
    /// <param name="labels">For each row its label.</param>
    /// <param name="unlabeled">Of the unlabeled ones.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>In order; none where no class has two pictures, for then nothing is known of how near such are.</returns>
    public static int[] Rows(
        IReadOnlyList<float[]> features, IReadOnlyList<int> labels, IReadOnlyList<float[]> unlabeled,
        CancellationToken cancellation = default)
    {
        // The nearest of any class, for labels may be wrong.
        var several = labels.CountBy(label => label).Where(count => count.Value > 1).Select(count => count.Key).ToHashSet();
        float[] usual =
        [
            .. Neighbors.Of(features, 1, cancellation).Cosines.Where((_, row) => several.Contains(labels[row])).Select(c => c[0]).Order(),
        ];
        if (usual.Length == 0) return [];
        var least = usual[(int)(Stray * usual.Length)];
        var nearest = Neighbors.Of(unlabeled, features, 1, (_, _) => true, cancellation);
        return [.. Enumerable.Range(0, unlabeled.Count).Where(row => nearest.Cosines[row][0] < least)];
    }
}
