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
