using Clip.Evaluation.Outcomes;

namespace Clip.Evaluation.Metrics;

/// <summary>The metrics of few-shot probes that were fitted on different draws: a picture counts with the mean of its outcomes.</summary>
internal static class FewShotMetrics
{
    /// <summary>
    /// <c>lp_acc1</c>, <c>lp_acc5</c>, <c>lp_mean_per_class_recall</c>, and <c>lp_acc1_std</c>, the draws' standard deviation.
    /// </summary>
    /// <param name="draws">What each probe made of the same pictures.</param>
    /// <param name="bootstrap">Draws of pictures, for bounds.</param>
    public static IReadOnlyList<Metric> Of(IReadOnlyList<ClassificationOutcome> draws, Bootstrap bootstrap)
    {
        double[] first = Mean(1);
        int[] classes = [.. draws[0].Pictures.Select(picture => picture.Right[0])];
        double[] each = [.. draws.Select(draw => draw.Pictures.Average(picture => picture.Placing.Hit(1)))];
        var mean = each.Average();
        var deviation = each.Length > 1 ? Math.Sqrt(each.Sum(value => (value - mean) * (value - mean)) / (each.Length - 1)) : 0;
        return
        [
            Metric.Of("lp_acc1", new MeanStatistic(first), bootstrap),
            Metric.Of("lp_acc5", new MeanStatistic(Mean(5)), bootstrap),
            Metric.Of("lp_mean_per_class_recall", new ClassMeanStatistic(first, classes), bootstrap),
            new Metric("lp_acc1_std", deviation),
        ];

        double[] Mean(int k) =>
            [.. Enumerable.Range(0, draws[0].Pictures.Count).Select(i => draws.Average(draw => draw.Pictures[i].Placing.Hit(k)))];
    }
}
