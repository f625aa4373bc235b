using System.Numerics.Tensors;

namespace Microsoft.ML.Clip.Averaging;

/// <summary>The mean of several classifiers' scores.</summary>
/// <param name="Labels">The labels.</param>
/// <param name="Weights">How much each classifier counts.</param>
internal sealed record ScoreAverage(IReadOnlyList<string> Labels, IReadOnlyList<float> Weights)
{
    private readonly float _all = Weights.Sum();

    /// <summary>How many scores there are for a row.</summary>
    public int InputSize => Labels.Count * Weights.Count;

    /// <summary>
    /// Averages. A classifier whose scores are all 0 knows nothing; one with scores that are not finite makes all of them so.
    /// </summary>
    /// <param name="scores">[classifiers × labels].</param>
    /// <param name="average">[labels]; they add up to 1.</param>
    public void Of(ReadOnlySpan<float> scores, Span<float> average)
    {
        average.Clear();
        for (var i = 0; i < Weights.Count; i++)
        {
            var own = scores.Slice(i * average.Length, average.Length);
            var (sum, share) = (TensorPrimitives.Sum(own), Weights[i] / _all);
            if (sum == 0) TensorPrimitives.Add(average, share / average.Length, average);
            else TensorPrimitives.MultiplyAdd(own, share / sum, average, average);
        }

        foreach (var score in average)
        {
            if (float.IsFinite(score)) continue;
            average.Fill(float.NaN);
            return;
        }
    }
}
