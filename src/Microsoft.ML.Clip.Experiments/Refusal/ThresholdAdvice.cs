namespace Microsoft.ML.Clip.Experiments.Refusal;

/// <summary>At which score to refuse an answer, by pictures that the models have not seen.</summary>
internal static class ThresholdAdvice
{
    /// <summary>Shares of right answers that people ask for.</summary>
    public static readonly double[] Targets = [0.9, 0.95, 0.98, 0.99];

    /// <summary>Scores are tried in such steps, so that the advice can be told in three digits.</summary>
    private const int Steps = 1000;

    /// <summary>
    /// The lowest score at which so many answers are right. A twentieth of the pictures must be answered, and ten or half of them, for one
    /// lucky picture is no advice.
    /// </summary>
    /// <param name="target">The share that shall be right, from 0 to 1.</param>
    /// <param name="confidences">For each picture its best label's score.</param>
    /// <param name="hits">Whether that label is right.</param>
    /// <param name="unlabeled">The best labels' scores of pictures that nobody has labeled.</param>
    /// <returns>Null where there is no such score.</returns>
    public static ClipThreshold? For(
        double target, IReadOnlyList<float> confidences, IReadOnlyList<bool> hits, IReadOnlyList<float>? unlabeled = null) =>
        Enumerable.Range(0, Steps + 1).Select(step => At(step / (double)Steps, confidences, hits, unlabeled))
            .FirstOrDefault(threshold => threshold.Accuracy >= target
                && Math.Round(threshold.Answered * confidences.Count) >= Fewest(confidences.Count));

    private static double Fewest(int all) => Math.Max(0.05 * all, Math.Clamp(all / 2, 1, 10));

    /// <summary>What comes of a threshold.</summary>
    public static ClipThreshold At(
        double score, IReadOnlyList<float> confidences, IReadOnlyList<bool> hits, IReadOnlyList<float>? unlabeled = null)
    {
        var (answered, right) = (0, 0);
        for (var i = 0; i < confidences.Count; i++)
        {
            if (confidences[i] < score) continue;
            answered++;
            if (hits[i]) right++;
        }

        return new ClipThreshold(
            score, confidences.Count == 0 ? 0 : answered / (double)confidences.Count, answered == 0 ? 0 : right / (double)answered,
            WilsonLow(right, answered))
        {
            UnlabeledRefused = unlabeled is { Count: > 0 } ? unlabeled.Count(s => s < score) / (double)unlabeled.Count : null,
        };
    }

    /// <summary>The lower end of a proportion's 95 % interval (Wilson, 1927); 0 of nothing.</summary>
    private static double WilsonLow(int right, int all)
    {
        if (all == 0) return 0;
        const double z = 1.959964;
        var (p, n) = (right / (double)all, (double)all);
        var (center, spread) = (p + z * z / (2 * n), z * Math.Sqrt(p * (1 - p) / n + z * z / (4 * n * n)));
        return Math.Max(0, (center - spread) / (1 + z * z / n));
    }
}
