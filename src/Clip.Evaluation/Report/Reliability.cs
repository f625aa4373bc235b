namespace Clip.Evaluation.Report;

/// <summary>How often a model is right when it is so sure: pictures by the confidence of their best label.</summary>
/// <param name="Count">Pictures of this confidence.</param>
/// <param name="Confidence">Their mean confidence.</param>
/// <param name="Accuracy">The share of them that is recognized.</param>
internal sealed record ReliabilityBin(int Count, double Confidence, double Accuracy)
{
    /// <summary>Bins of equal width, as Guo et al. 2017 draw them.</summary>
    public const int Bins = 15;

    /// <summary>The bins from 0 to 1.</summary>
    public static ReliabilityBin[] Of(IEnumerable<PictureOutcome> outcomes)
    {
        var bins = outcomes.Where(outcome => outcome.Place is not null)
            .ToLookup(outcome => Math.Clamp((int)Math.Ceiling(outcome.Scores[0] * Bins) - 1, 0, Bins - 1));
        return
        [
            .. Enumerable.Range(0, Bins).Select(bin => bins[bin].ToArray() is { Length: > 0 } own
                ? new ReliabilityBin(own.Length, own.Average(o => (double)o.Scores[0]), own.Average(o => o.Place!.Value.Hit(1)))
                : new ReliabilityBin(0, 0, 0)),
        ];
    }

    /// <summary>The expected calibration error: how far accuracy is from confidence, on average over the pictures.</summary>
    public static double Error(IReadOnlyCollection<ReliabilityBin> bins) =>
        bins.Sum(bin => bin.Count * Math.Abs(bin.Accuracy - bin.Confidence)) / Math.Max(1, bins.Sum(bin => bin.Count));
}
