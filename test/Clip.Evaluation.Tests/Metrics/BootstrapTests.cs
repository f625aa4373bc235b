using Clip.Evaluation.Metrics;

namespace Clip.Evaluation.Tests.Metrics;

/// <summary>Bounds are those of theory where theory has them, and a difference is real where it is the same on most pictures.</summary>
public sealed class BootstrapTests
{
    /// <summary>Of 400 pictures 80 % are right: the binomial's standard error is 2 %, and 95 % are within 1.96 of them.</summary>
    [Fact]
    public void BoundsOfAnAccuracyAreTheBinomials()
    {
        var statistic = new MeanStatistic([.. Enumerable.Range(0, 400).Select(i => i % 5 == 0 ? 0.0 : 1.0)]);

        var interval = new Bootstrap(draws: 4000).Of(statistic);

        Assert.Equal(0.8 - 1.96 * 0.02, interval.Low, 0.005);
        Assert.Equal(0.8 + 1.96 * 0.02, interval.High, 0.005);
    }

    [Fact]
    public void TheSeedDecidesTheDraws()
    {
        var statistic = new ClassMeanStatistic(
            [.. Enumerable.Range(0, 50).Select(i => i % 3 / 2.0)], [.. Enumerable.Range(0, 50).Select(i => i % 4)]);

        Assert.Equal(new Bootstrap(seed: 1).Of(statistic), new Bootstrap(seed: 1).Of(statistic));
        Assert.NotEqual(new Bootstrap(seed: 1).Of(statistic), new Bootstrap(seed: 2).Of(statistic));
    }

    [Fact]
    public void ADifferenceOnTheSamePicturesIsFoundWhereTheModelsAgreeOnMost()
    {
        // Both are right on every other picture; the second also on 8 more of 200. Not paired, 4 points would be within the noise.
        double[] first = [.. Enumerable.Range(0, 200).Select(i => i % 2 == 0 ? 1.0 : 0.0)];
        double[] second = [.. first.Select((value, i) => i % 25 == 1 ? 1.0 : value)];

        var difference = new Bootstrap().Compare(new MeanStatistic(first), new MeanStatistic(second));

        Assert.Equal(second.Average() - first.Average(), difference.Difference, 12);
        Assert.True(difference.IsReal);
        Assert.InRange(difference.PValue, 0.001, 0.05);
        Assert.True(new Bootstrap().Of(new MeanStatistic(first)).High > second.Average());
    }

    [Fact]
    public void ADifferenceOfAsManyEitherWayMayBeChance()
    {
        double[] first = [.. Enumerable.Range(0, 200).Select(i => i % 2 == 0 ? 1.0 : 0.0)];
        double[] second = [.. Enumerable.Range(0, 200).Select(i => i % 2 == 1 || i == 0 ? 1.0 : 0.0)];

        var difference = new Bootstrap().Compare(new MeanStatistic(first), new MeanStatistic(second));

        Assert.False(difference.IsReal);
        Assert.InRange(difference.PValue, 0.5, 1);
    }

    [Fact]
    public void TheSameModelIsNoBetterThanItself()
    {
        var statistic = new MeanStatistic([0, 1, 1, 0.5]);

        var difference = new Bootstrap().Compare(statistic, statistic);

        Assert.Equal((0, new Interval(0, 0), 1, false), (difference.Difference, difference.Interval, difference.PValue, difference.IsReal));
    }

    /// <summary>Between the two draws next to it, as numpy's percentiles.</summary>
    [Theory]
    [InlineData(41, 1, 39)]
    [InlineData(21, 0.5, 19.5)]
    [InlineData(11, 0.25, 9.75)]
    [InlineData(2, 0.025, 0.975)]
    [InlineData(1, 0, 0)]
    public void BoundsLieAtTheirShareOfTheDraws(int draws, double low, double high)
    {
        var interval = new Bootstrap(draws).Of(new Numbered());

        Assert.Equal(low, interval.Low, 9);
        Assert.Equal(high, interval.High, 9);
    }

    /// <summary>Twice the share of draws on the other side, of which 0 is on both.</summary>
    [Theory]
    [InlineData(-1, 0.025)] // not 0, which no number of draws can tell
    [InlineData(0, 0.05)]
    [InlineData(9.5, 0.5)]
    [InlineData(10, 0.55)]
    [InlineData(19.5, 1)]
    [InlineData(38.5, 0.05)]
    [InlineData(40, 0.025)]
    public void HowLikelyChanceIsIsToldByTheDraws(double zero, double expected)
    {
        var difference = new Bootstrap(draws: 40).Compare(new MeanStatistic([zero]), new Numbered());

        Assert.Equal(expected, difference.PValue, 9);
    }

    [Fact]
    public void OutcomesOfOtherPicturesAreRefused() =>
        Assert.Throws<ArgumentException>(() => new Bootstrap().Compare(new MeanStatistic([0, 1]), new MeanStatistic([1])));

    /// <summary>Of the first draw 0, of the next 1, and so on.</summary>
    private sealed record Numbered : Statistic
    {
        private int _drawn = -1;

        public override int Count => 1;

        public override double Of(ReadOnlySpan<int> times) => Interlocked.Increment(ref _drawn);
    }
}
