using Clip.Evaluation.Outcomes;

namespace Clip.Evaluation.Metrics;

/// <summary>Pictures whose first label's probability lies in one range.</summary>
/// <param name="Low">Where the range begins.</param>
/// <param name="High">Where it ends; it holds this, and not its beginning, but for 0.</param>
/// <param name="Count">How many pictures.</param>
/// <param name="Confidence">The mean probability of their first labels; 0 where there are none.</param>
/// <param name="Accuracy">Share of them whose first label is right; 0 where there are none.</param>
internal readonly record struct ReliabilityBin(double Low, double High, int Count, double Confidence, double Accuracy);

/// <summary>
/// Whether a probability of 70 % is right seven times of ten: the expected calibration error (Guo et al. 2017, equation 3) over 15
/// ranges of equal width.
/// </summary>
/// <param name="ExpectedError">The mean distance of probability and accuracy, weighted by how many pictures are in a range.</param>
/// <param name="Bins">The ranges, from 0 to 1.</param>
internal sealed record Calibration(double ExpectedError, IReadOnlyList<ReliabilityBin> Bins)
{
    public const int DefaultBins = 15;

    /// <summary>Of a set whose pictures have one right label each.</summary>
    public static Calibration Of(ClassificationOutcome outcome, int bins = DefaultBins) => Of(
        [.. outcome.Pictures.Select(picture => (double)outcome.Probabilities(picture).Max())],
        [.. outcome.Pictures.Select(picture => picture.Placing.Hit(1))], bins);

    /// <summary>Of probabilities and whether they were right.</summary>
    /// <param name="confidences">For each picture its first label's probability.</param>
    /// <param name="hits">For each picture 1 where that label is right, 0 where not; between them where several tie.</param>
    /// <param name="bins">How many ranges.</param>
    public static Calibration Of(IReadOnlyList<double> confidences, IReadOnlyList<double> hits, int bins = DefaultBins)
    {
        var members = Enumerable.Range(0, confidences.Count)
            .ToLookup(i => Math.Clamp((int)Math.Ceiling(confidences[i] * bins) - 1, 0, bins - 1));
        ReliabilityBin[] ranges =
        [
            .. Enumerable.Range(0, bins).Select(b => new ReliabilityBin(
                (double)b / bins, (b + 1.0) / bins, members[b].Count(),
                members[b].Select(i => confidences[i]).DefaultIfEmpty().Average(),
                members[b].Select(i => hits[i]).DefaultIfEmpty().Average())),
        ];
        return new Calibration(ranges.Sum(r => r.Count * Math.Abs(r.Accuracy - r.Confidence)) / confidences.Count, ranges);
    }
}
