using System.Globalization;
using Microsoft.ML.Clip.Experiments.Features;
using Microsoft.ML.Clip.Experiments.Refusal;
using Microsoft.ML.Clip.Experiments.Tests.DataCheck;

namespace Microsoft.ML.Clip.Experiments.Tests.Refusal;

/// <summary>At which score to refuse, and what is none of the classes.</summary>
public sealed class RefusalTests
{
    private static readonly float[] Confidences = [0.95f, 0.9f, 0.85f, 0.8f, 0.7f, 0.6f, 0.55f, 0.5f, 0.45f, 0.4f];
    private static readonly bool[] Hits = [true, true, true, true, false, true, true, false, false, false];

    [Fact]
    public void TheThresholdIsTheLowestAtWhichSoManyAreRight()
    {
        var threshold = ThresholdAdvice.For(0.85, Confidences, Hits, unlabeled: [0.3f, 0.5f, 0.9f])!;

        // Of the seven above 0.5 six are right; with the next one six of eight.
        Assert.Equal((0.501, 0.7, 6 / 7.0), (threshold.Score, threshold.Answered, threshold.Accuracy));
        Assert.Equal(2 / 3.0, threshold.UnlabeledRefused);
        // Wilson's interval of 6 in 7, as statsmodels' proportion_confint has it.
        Assert.Equal(0.4869, threshold.AccuracyLow, 4);
    }

    [Fact]
    public void WhereAllAreRightNothingIsRefused()
    {
        var threshold = ThresholdAdvice.For(0.99, Confidences, [.. Hits.Select(_ => true)])!;

        Assert.Equal((0, 1, 1), (threshold.Score, threshold.Answered, threshold.Accuracy));
        Assert.Null(threshold.UnlabeledRefused);
    }

    [Fact]
    public void WhereTheSurestAreWrongThereIsNoThreshold() =>
        Assert.Null(ThresholdAdvice.For(0.95, [0.9f, 0.8f, 0.7f], [false, true, false]));

    /// <summary>The one surest picture of a hundred is right: that is luck, and no advice.</summary>
    [Fact]
    public void OnePictureIsNoAdvice()
    {
        float[] confidences = [.. Enumerable.Range(0, 100).Select(i => i == 0 ? 1 : 0.9f - i / 200f)];
        bool[] hits = [.. Enumerable.Range(0, 100).Select(i => i % 2 == 0)];

        Assert.Null(ThresholdAdvice.For(0.99, confidences, hits));
        Assert.NotNull(ThresholdAdvice.For(0.5, confidences, hits));
    }

    [Fact]
    public void APictureOfTheVeryScoreIsAnswered()
    {
        var threshold = ThresholdAdvice.At(0.5, [0.5f, 0.25f], [true, false], unlabeled: [0.5f, 0.25f]);

        Assert.Equal((0.5, 1, 0.5), (threshold.Answered, threshold.Accuracy, threshold.UnlabeledRefused));
    }

    /// <summary>Neighbors in a folder are often alike: those that are taken are spread over all, and are asked for no more.</summary>
    [Fact]
    public void TheClassForAllOthersIsTakenFromAllOverTheFolder()
    {
        var clouds = new Clouds(classes: 3, dimension: 32, seed: 8);
        var (features, labels) = clouds.Rows(each: 4, spread: 0.3);
        var known = Enumerable.Range(0, 8).ToArray();
        float[][] others = [.. Enumerable.Range(0, 40).Select(_ => clouds.Near(2, 0.3))];
        var data = Rows(known.Select(row => labels[row]), ["a", "b"]);
        var unlabeled = Rows(others.Select(_ => -1), ["a", "b"]);

        var added = NoneClass.Add(
            data, new("image", [.. known.Select(row => features[row])]), unlabeled, new("image", others), "none", default)!.Value;

        var taken = added.Data.Rows.Skip(8).Select(Number).ToArray();
        Assert.Equal([0, 10, 20, 30], taken);
        Assert.Equal(Enumerable.Range(0, 40).Except(taken), added.Unlabeled.Rows.Select(Number));
        Assert.Equal(["a", "b", "none"], added.Data.Classes);
        Assert.All(added.Data.Rows.Skip(8), row => Assert.Equal(2, row.Label));

        static int Number(ExperimentRow row) => int.Parse(row.Name, CultureInfo.InvariantCulture);

        static ExperimentData Rows(IEnumerable<int> labels, string[] classes) =>
            new([.. labels.Select((label, row) => new ExperimentRow($"{row}", label, null, null, null))], classes, []);
    }

    [Fact]
    public void ThereIsNoThresholdOfNothing() => Assert.Null(ThresholdAdvice.For(0.9, [], []));

    /// <summary>Half of the unlabeled pictures are of the classes: nearly none of these is taken, and nearly all others are.</summary>
    [Fact]
    public void PicturesOfNoClassAreToldFromUnlabeledOnesOfAClass()
    {
        var clouds = new Clouds(classes: 6, dimension: 64, seed: 7);
        var (features, labels) = clouds.Rows(each: 40);
        var known = labels.Select((label, row) => (label, row)).Where(pair => pair.label < 4).ToArray();
        float[][] unlabeled = [.. Enumerable.Range(0, 100).Select(i => clouds.Near(i < 50 ? i % 4 : 4 + i % 2))];

        var rows = NoneOfThese.Rows([.. known.Select(pair => features[pair.row])], [.. known.Select(pair => pair.label)], unlabeled);

        Assert.InRange(rows.Count(row => row >= 50), 45, 50);
        Assert.InRange(rows.Count(row => row < 50), 0, 5);
    }

    [Fact]
    public void OfSinglePicturesNothingIsKnownOfHowNearAClassLies() => Assert.Empty(NoneOfThese.Rows([[1, 0], [0, 1]], [0, 1], [[-1, 0]]));
}
