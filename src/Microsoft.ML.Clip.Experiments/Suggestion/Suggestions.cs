using System.Numerics.Tensors;

namespace Microsoft.ML.Clip.Experiments.Suggestion;

/// <summary>
/// Pictures whose labels would help most, by BADGE (Ash et al., 2020, "Deep Batch Active Learning by Diverse, Uncertain Gradient Lower
/// Bounds"): the gradients that the likeliest labels would give the last layer are long where the model is unsure, and point elsewhere
/// where pictures differ; k-means++ draws long ones far from each other. The origin counts as drawn, or else one of those that the model
/// is sure of would be, for being far from all others. A gradient is (p - 1 of the likeliest) times the features,
/// and so is never written out: products of two are products of their parts.
/// </summary>
internal static class Suggestions
{
    /// <summary>Rows to label next, the first draw first.</summary>
    /// <param name="probabilities">For each unlabeled picture a probability for each label, [rows][labels].</param>
    /// <param name="features">Their features, of length 1, [rows][D].</param>
    /// <param name="count">How many to suggest; fewer where there are not so many that differ.</param>
    /// <param name="seed">Of the draws.</param>
    public static int[] Rows(IReadOnlyList<float[]> probabilities, IReadOnlyList<float[]> features, int count, int seed = 0)
    {
        float[][] errors = [.. probabilities.Select(Error)];
        double[] lengths = [.. errors.Select((error, row) => Product(row, row))];
        if (lengths.Length == 0 || count == 0) return [];
        var random = new Random(seed);
        var first = Array.IndexOf(lengths, lengths.Max());
        var chosen = new List<int> { first };
        double[] distances = [.. Enumerable.Range(0, lengths.Length).Select(row => Math.Min(lengths[row], Distance(row, first)))];
        while (chosen.Count < Math.Min(count, lengths.Length))
        {
            if (Draw(distances, random) is not { } next) break;
            chosen.Add(next);
            for (var row = 0; row < distances.Length; row++) distances[row] = Math.Min(distances[row], Distance(row, next));
        }

        return [.. chosen];

        double Product(int a, int b) =>
            (double)TensorPrimitives.Dot<float>(errors[a], errors[b]) * TensorPrimitives.Dot<float>(features[a], features[b]);

        double Distance(int a, int b) => a == b ? 0 : Math.Max(0, lengths[a] + lengths[b] - 2 * Product(a, b));
    }

    private static float[] Error(float[] probabilities)
    {
        float[] error = [.. probabilities];
        error[TensorPrimitives.IndexOfMax<float>(error)]--;
        return error;
    }

    /// <summary>Draws a row by its weight; null where nothing weighs more than rounding.</summary>
    private static int? Draw(double[] weights, Random random)
    {
        const double rounding = 1e-6;
        var left = random.NextDouble() * weights.Where(weight => weight > rounding).Sum();
        int? last = null;
        for (var row = 0; row < weights.Length; row++)
        {
            if (weights[row] <= rounding) continue;
            last = row;
            if ((left -= weights[row]) < 0) break;
        }

        return last;
    }
}
