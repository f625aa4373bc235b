using System.Numerics.Tensors;

namespace Microsoft.ML.Clip.Experiments.DataCheck;

/// <summary>Classes that look alike: even the best model, which has not seen the pictures, takes many of one for the other.</summary>
internal static class LookAlikes
{
    private const int FewestPictures = 2;

    private const double LeastShare = 0.1;

    /// <summary>Pairs of which at least a tenth of the pictures, and two, are taken for the other class; the most alike first.</summary>
    /// <param name="labels">For each row its label.</param>
    /// <param name="probabilities">For each row a probability for each label.</param>
    public static IReadOnlyList<ClipLookAlikes> Of(IReadOnlyList<int> labels, IReadOnlyList<float[]> probabilities)
    {
        var counts = labels.CountBy(label => label).ToDictionary();
        return
        [
            .. Enumerable.Range(0, labels.Count)
                .Select(row => (Row: row, Label: labels[row], Taken: TensorPrimitives.IndexOfMax<float>(probabilities[row])))
                .Where(row => row.Label != row.Taken)
                .GroupBy(row => (First: Math.Min(row.Label, row.Taken), Second: Math.Max(row.Label, row.Taken)))
                .Select(pair => new ClipLookAlikes(
                    pair.Key.First, pair.Key.Second, [.. pair.Select(row => row.Row)],
                    pair.Count() / (double)(counts.GetValueOrDefault(pair.Key.First) + counts.GetValueOrDefault(pair.Key.Second))))
                .Where(pair => pair.Confused.Count >= FewestPictures && pair.Share >= LeastShare)
                .OrderByDescending(pair => pair.Share).ThenBy(pair => pair.First).ThenBy(pair => pair.Second),
        ];
    }
}
