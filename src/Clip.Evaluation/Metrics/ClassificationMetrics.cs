using Clip.Evaluation.Outcomes;

namespace Clip.Evaluation.Metrics;

/// <summary>The metrics of a classification, by CLIP_benchmark's names.</summary>
internal static class ClassificationMetrics
{
    public const string Top1 = "acc1", Top5 = "acc5", MeanPerClassRecall = "mean_per_class_recall",
        MeanAveragePrecision = "mean_average_precision", ExpectedCalibrationError = "ece", GroupTop1 = "group_acc1";

    /// <summary>
    /// Of pictures with one right label <c>acc1</c>, <c>acc5</c>, <c>mean_per_class_recall</c> and <c>ece</c>, and where they come in
    /// groups <c>group_acc1</c>; of pictures with any number of them <c>mean_average_precision</c>.
    /// </summary>
    /// <param name="outcome">What a model made of the pictures.</param>
    /// <param name="bootstrap">Draws for bounds.</param>
    /// <param name="prefix">What stands before each name: <c>lp_</c> for a linear probe.</param>
    /// <exception cref="ClipException">A score is not finite.</exception>
    public static IReadOnlyList<Metric> Of(ClassificationOutcome outcome, Bootstrap bootstrap, string prefix = "")
    {
        if (outcome.Set.IsMultiLabel)
        {
            var precision = new AveragePrecisionStatistic(
                [.. outcome.Pictures.Select(p => p.Scores)], [.. outcome.Pictures.Select(p => p.Right)]);
            return [Metric.Of(prefix + MeanAveragePrecision, precision, bootstrap)];
        }

        Placing[] placings = [.. outcome.Pictures.Select(picture => picture.Placing)];
        double[] first = [.. placings.Select(placing => placing.Hit(1))];
        int[] classes = [.. outcome.Pictures.Select(picture => picture.Right[0])];
        List<Metric> metrics =
        [
            Metric.Of(prefix + Top1, new MeanStatistic(first), bootstrap),
            Metric.Of(prefix + Top5, new MeanStatistic([.. placings.Select(placing => placing.Hit(5))]), bootstrap),
            Metric.Of(prefix + MeanPerClassRecall, new ClassMeanStatistic(first, classes), bootstrap),
            new Metric(prefix + ExpectedCalibrationError, Calibration.Of(outcome).ExpectedError),
        ];
        if (outcome.Pictures.Any(picture => picture.Image.Group is not null))
            metrics.Add(Metric.Of(prefix + GroupTop1, new MeanStatistic(Groups(outcome)), bootstrap));
        return metrics;
    }

    /// <summary>
    /// For each group of pictures, such as a video's frames, whether the mean of its pictures' probabilities is highest for the right
    /// label. Pictures of a group with different right labels are groups of their own.
    /// </summary>
    private static double[] Groups(ClassificationOutcome outcome) =>
    [
        .. outcome.Pictures.Select((picture, i) => (picture, i))
            .GroupBy(p => (Group: p.picture.Image.Group ?? $"\0{p.i}", Right: p.picture.Right[0]))
            .Select(group =>
            {
                var sum = new float[outcome.Set.Labels.Count];
                foreach (var (picture, _) in group)
                {
                    var probabilities = outcome.Probabilities(picture);
                    for (var i = 0; i < sum.Length; i++) sum[i] += probabilities[i];
                }

                return Placing.Of(sum, group.Key.Right).Hit(1);
            }),
    ];
}
