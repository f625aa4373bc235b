using Clip.Evaluation.Metrics;
using Clip.Evaluation.Outcomes;
using Clip.Evaluation.Results;

namespace Clip.Evaluation.Tests.Metrics;

/// <summary>Numbers of a few pictures, counted by hand.</summary>
public sealed class OutcomeNumbersTests
{
    private static readonly Bootstrap Few = new(draws: 20);

    /// <summary>Of seven labels the right one stands first, third and last; two pictures are of one class.</summary>
    [Fact]
    public void AccuraciesAreMeansOverPicturesAndOverClasses()
    {
        var accuracy = Accuracy.Of(Outcome(7, ([7, 6, 5, 4, 3, 2, 1], 0), ([6, 5, 7, 4, 3, 2, 1], 1), ([1, 2, 3, 4, 5, 6, 7], 0)));

        Assert.Equal(1 / 3.0, accuracy.Top1, 12);
        Assert.Equal(2 / 3.0, accuracy.Top5, 12);
        Assert.Equal(0.25, accuracy.MeanPerClassRecall, 12); // a half of the one, none of the other
    }

    [Fact]
    public void FewShotsHaveClipBenchmarksNames_AndTheDeviationOfASample()
    {
        var metrics = FewShotMetrics.Of(
            [
                Outcome(7, (First(0), 0), (First(1), 1)), Outcome(7, (First(0), 0), (First(0), 1)),
                Outcome(7, (First(1), 0), (First(0), 1)),
            ], Few);

        Assert.Equal(["lp_acc1", "lp_acc5", "lp_mean_per_class_recall", "lp_acc1_std"], metrics.Select(metric => metric.Name));
        Assert.Equal([0.5, 1, 0.5, 0.5], metrics.Select(metric => Math.Round(metric.Value, 12))); // of 1, 0.5 and 0

        static float[] First(int label) => [.. Enumerable.Range(0, 7).Select(i => i == label ? 2 : i < 4 ? 1f : 0)];
    }

    [Fact]
    public void OfLabelsThatAreRightAsManyOfTheBestAreChosen()
    {
        var set = new LabeledSet("many", [new() { ImagePath = "0", Classes = ["l0", "l3"] }], ["l0", "l1", "l2", "l3"], null)
        {
            IsMultiLabel = true,
        };

        var results = ClassResult.Of(ClassificationOutcome.Of(set, [[0.9f, 0.5f, 0.1f, 0]]));

        Assert.Equal([1, 1, 0, 0], results.Select(result => result.Chosen));
        Assert.Equal([1, double.NaN, double.NaN, 0], results.Select(result => result.Recall));
        Assert.Equal(0.25, new ClassResult(0, 4, 1, 1).Recall);
    }

    /// <summary>Two videos are right by their frames' means, one is not.</summary>
    [Fact]
    public void AGroupIsRightByItsMean()
    {
        float[][] scores = [[0.9f, 0.1f], [0.4f, 0.6f], [0.8f, 0.2f], [0.1f, 0.9f]];
        string[] videos = ["a", "a", "b", "c"];
        var set = new LabeledSet(
            "frames", [.. videos.Select((video, i) => new LabeledImage { ImagePath = $"{i}", Class = "l0", Group = video })],
            ["l0", "l1"], null);

        var metrics = ClassificationMetrics.Of(ClassificationOutcome.Of(set, scores), Few);

        Assert.Equal(2 / 3.0, metrics.Single(metric => metric.Name == "group_acc1").Value, 12);
    }

    [Fact]
    public void ADrawHasAsManyPicturesAsThereAre() => Assert.Equal(new Interval(5, 5), Few.Of(new Drawn()));

    [Theory]
    [InlineData(0.33333, "0.3333")]
    [InlineData(2, "2")]
    [InlineData(-0.5, "-0.5")]
    public void ACellHasFourDecimalsAtMost(double value, string expected) => Assert.Equal(expected, CsvCell.Of(value));

    private static ClassificationOutcome Outcome(int labels, params (float[] Scores, int Right)[] pictures)
    {
        string[] names = [.. Enumerable.Range(0, labels).Select(i => $"l{i}")];
        var images = pictures.Select((p, i) => new LabeledImage { ImagePath = $"{i}.png", Class = names[p.Right] });
        return ClassificationOutcome.Of(new LabeledSet("set", [.. images], names, null), [.. pictures.Select(p => p.Scores)]);
    }

    private sealed record Drawn : Statistic
    {
        public override int Count => 5;

        public override double Of(ReadOnlySpan<int> times)
        {
            var sum = 0;
            foreach (var time in times) sum += time;
            return sum;
        }
    }
}
