using Clip.Evaluation.Metrics;
using Clip.Evaluation.Outcomes;
using Microsoft.ML.Clip.Inference;

namespace Clip.Evaluation.Tests.Metrics;

/// <summary>Metrics are scikit-learn's where scores differ, and those of a random order where they do not.</summary>
public sealed class ClassificationMetricsTests
{
    private static readonly Bootstrap Few = new(draws: 20);

    [Fact]
    public void AccuraciesAreScikitLearns()
    {
        var metrics = Measure(Outcome(ScikitLearn.Scores, ScikitLearn.Labels));

        Assert.Equal(ScikitLearn.Number("acc1"), metrics["acc1"], 12);
        Assert.Equal(ScikitLearn.Number("acc5"), metrics["acc5"], 12);
        Assert.Equal(ScikitLearn.Number("balanced"), metrics["mean_per_class_recall"], 12);
    }

    [Fact]
    public void AveragePrecisionIsScikitLearns()
    {
        var statistic = new AveragePrecisionStatistic(ScikitLearn.Scores, ScikitLearn.Multi);
        int[] once = [.. ScikitLearn.Multi.Select(_ => 1)];

        var expected = ScikitLearn.Numbers(ScikitLearn.Of("ap"));
        for (var c = 0; c < expected.Length; c++) Assert.Equal(expected[c], statistic.OfClass(c, once), 6);
        Assert.Equal(expected.Average(), statistic.Value, 6); // the last class has no picture, and counts as 0
    }

    /// <summary>Rounded, many scores are equal: they come together, whatever the pictures' order.</summary>
    [Fact]
    public void PicturesOfOneScoreComeTogether()
    {
        float[][] rounded = [.. ScikitLearn.Scores.Select(row => row.Select(score => MathF.Round(score)).ToArray())];
        var expected = ScikitLearn.Numbers(ScikitLearn.Of("ap_ties")).Average();

        Assert.Equal(expected, new AveragePrecisionStatistic(rounded, ScikitLearn.Multi).Value, 6);
        Assert.Equal(expected, new AveragePrecisionStatistic([.. rounded.Reverse()], [.. ScikitLearn.Multi.Reverse()]).Value, 6);
    }

    [Fact]
    public void CalibrationIsScikitLearns()
    {
        var calibration = Calibration.Of(Outcome(ScikitLearn.Scores, ScikitLearn.Labels));

        var expected = ScikitLearn.Of("calibration");
        var bins = calibration.Bins.Where(bin => bin.Count > 0).ToArray();
        Assert.Equal(ScikitLearn.Numbers(expected.GetProperty("accuracy")), bins.Select(b => b.Accuracy), Close);
        Assert.Equal(ScikitLearn.Numbers(expected.GetProperty("confidence")), bins.Select(b => b.Confidence), Close);
        Assert.Equal(ScikitLearn.Ints(expected.GetProperty("counts")), bins.Select(b => b.Count));
        Assert.Equal(expected.GetProperty("ece").GetDouble(), calibration.ExpectedError, 6);
        Assert.Equal(15, calibration.Bins.Count);
    }

    [Theory]
    [InlineData(0.0, 0)]
    [InlineData(0.5, 0)] // a range holds its end
    [InlineData(0.5001, 1)]
    [InlineData(1.0, 1)]
    [InlineData(1.0000001, 1)] // as sums of floats may come to
    public void EveryProbabilityHasItsRange(double confidence, int bin) =>
        Assert.Equal(1, Calibration.Of([confidence], [1], bins: 2).Bins[bin].Count);

    [Fact]
    public void ConfusionsAreCountedAndTiesShared()
    {
        // Twice the first for the second, once for either; one right.
        var outcome = Outcome([[0, 2, 1], [0, 2, 1], [0, 2, 2], [0, 0, 3]], [0, 0, 0, 2]);

        var pairs = ConfusionPair.Of(outcome);

        Assert.Equal([(0, 1, 2.5), (0, 2, 0.5)], pairs.Select(pair => (pair.Right, pair.Taken, pair.Count)));
        Assert.Equal([[0, 1, 2], [2]], pairs.Select(pair => pair.Pictures));
        Assert.Equal([new(0, 3, 0, 0), new(1, 0, 0, 2.5), new ClassResult(2, 1, 1, 1.5)], ClassResult.Of(outcome));
    }

    /// <summary>Of a picture with two labels the two best are chosen, so that no class is right more often than it is chosen.</summary>
    [Fact]
    public void AsManyLabelsAreChosenAsAreRight()
    {
        var set = new LabeledSet(
            "many",
            [
                new() { ImagePath = "0", Classes = ["l0", "l1"] }, new() { ImagePath = "1", Classes = ["l1"] },
                new() { ImagePath = "2", Classes = [] },
            ],
            ["l0", "l1", "l2"], null)
        {
            IsMultiLabel = true,
        };
        var outcome = ClassificationOutcome.Of(set, [[0.9f, 0.5f, 0.5f], [0, 1, 0], [1, 0, 0]]);

        Assert.Equal([new(0, 1, 1, 1), new(1, 2, 1.5, 1.5), new ClassResult(2, 0, 0, 0.5)], ClassResult.Of(outcome));
        Assert.Empty(ConfusionPair.Of(outcome));
    }

    /// <summary>Two frames of three are wrong, yet the video's mean is right; another video's is not.</summary>
    [Fact]
    public void FramesOfAVideoAreAlsoJudgedTogether()
    {
        float[][] scores = [[0.9f, 0.1f], [0.4f, 0.6f], [0.4f, 0.6f], [0.2f, 0.8f]];
        string?[] videos = ["a", "a", "a", "b"];
        var set = new LabeledSet(
            "frames", [.. videos.Select((video, i) => new LabeledImage { ImagePath = $"{i}", Class = "l0", Group = video })],
            ["l0", "l1"], null);

        var metrics = Measure(ClassificationOutcome.Of(set, scores));

        Assert.Equal((0.25, 0.5), (metrics["acc1"], metrics["group_acc1"]));
    }

    /// <summary>Among them a picture of no video is one by itself, and pictures of a video with other labels are others.</summary>
    [Fact]
    public void APictureOfNoGroupIsAGroupByItself()
    {
        float[][] scores = [[0.9f, 0.1f], [0.4f, 0.6f], [0.4f, 0.6f], [0.45f, 0.55f], [0.1f, 0.9f]];
        (string? Video, string Class)[] pictures = [("a", "l0"), ("a", "l0"), (null, "l0"), (null, "l0"), ("a", "l1")];
        var set = new LabeledSet(
            "frames",
            [.. pictures.Select((p, i) => new LabeledImage { ImagePath = $"{i}", Class = p.Class, Group = p.Video })], ["l0", "l1"], null);

        // Right are the two frames together and the one of the other label; wrong is either picture alone.
        Assert.Equal(0.5, Measure(ClassificationOutcome.Of(set, scores))["group_acc1"]);
    }

    [Fact]
    public void PicturesWithSeveralLabelsHavePrecisionAlone()
    {
        var set = new LabeledSet(
            "many", [new() { ImagePath = "0", Classes = ["l0", "l1"] }, new() { ImagePath = "1", Classes = [] }], ["l0", "l1"], null)
        {
            IsMultiLabel = true,
        }.Validate();

        var metrics = Measure(ClassificationOutcome.Of(set, [[0.1f, 0.9f], [0.2f, 0.3f]]));

        // Of the first class the right picture comes second; of the second first.
        Assert.Equal(0.75, Assert.Single(metrics).Value);
        Assert.True(metrics.ContainsKey("mean_average_precision"));
    }

    private static Dictionary<string, double> Measure(ClassificationOutcome outcome) =>
        ClassificationMetrics.Of(outcome, Few).ToDictionary(metric => metric.Name, metric => metric.Value);

    private static ClassificationOutcome Outcome(float[][] scores, int[] right)
    {
        string[] labels = [.. Enumerable.Range(0, scores[0].Length).Select(i => $"l{i}")];
        var set = new LabeledSet(
            "set", [.. right.Select((r, i) => new LabeledImage { ImagePath = $"{i}.png", Class = labels[r] })], labels, null);
        return ClassificationOutcome.Of(set, scores) with { Scoring = new ClipScoring(1, null) };
    }

    private static bool Close(double a, double b) => Math.Abs(a - b) < 1e-6;
}
