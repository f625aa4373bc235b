using Clip.Trainer.Training;

namespace Clip.Trainer.Tests.Training;

public sealed class LearningRateFinderTests
{
    [Fact]
    public void RisesUntilTheLossRunsAwayAndNamesATenthOfTheBestRate()
    {
        var finder = new LearningRateFinder();

        while (finder.Add(finder.Next < 1e-2 ? 4 - Math.Log10(finder.Next / 1e-6) / 4 : 1000)) ;

        Assert.InRange(finder.Curve[^1].LearningRate, 1e-2, 2e-2);
        Assert.InRange(finder.Suggest(), 0.7e-3, 1.1e-3);
    }

    [Fact]
    public void ALossThatNeverFallsSaysSo()
    {
        var finder = new LearningRateFinder();

        while (finder.Add(1 + finder.Next)) ;

        Assert.Equal(LearningRateFinder.Steps, finder.Curve.Count);
        Assert.Throws<ClipException>(() => finder.Suggest());
    }

    /// <summary>A hundred rates, each as many times the one before, and losses averaged with a memory of nine tenths.</summary>
    [Fact]
    public void RatesRiseInEqualRatiosAndLossesAreAveraged()
    {
        var finder = new LearningRateFinder();
        double[] losses = [.. Enumerable.Range(0, 100).Select(i => 3 + Math.Sin(i))];
        var taken = losses.TakeWhile(finder.Add).Count();

        Assert.Equal((99, 100), (taken, finder.Curve.Count)); // with the hundredth enough is known
        Assert.Equal(1, finder.Curve[^1].LearningRate, 1e-12);
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(Math.Pow(10, -6 + (6 * i / 99.0)), finder.Curve[i].LearningRate, 1e-12);
            var weights = Enumerable.Range(0, i + 1).Select(j => Math.Pow(0.9, i - j)).ToArray();
            Assert.Equal(losses[..(i + 1)].Zip(weights, (l, w) => l * w).Sum() / weights.Sum(), finder.Curve[i].Loss, 1e-9);
        }
    }

    [Theory]
    [InlineData(1.0, 30.0)] // beyond twice the first
    [InlineData(0.25, 4.0)] // beyond twice the best, though not the first
    public void TheLossHasRunAwayAtTwiceTheFirstOrTheBest(double low, double high)
    {
        var finder = new LearningRateFinder();
        Assert.True(finder.Add(1));
        for (var i = 0; i < 60; i++) Assert.True(finder.Add(low));

        Assert.True(finder.Add(1.05 * finder.Curve[^1].Loss));
        Assert.False(finder.Add(high));
        Assert.True(finder.Curve[^1].Loss > 2 * finder.Curve[^2].Loss);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void ALossThatIsNoNumberEndsItAndIsNoPartOfTheCurve(double loss)
    {
        var finder = new LearningRateFinder();
        Assert.True(finder.Add(2));
        Assert.True(finder.Add(1));

        Assert.False(finder.Add(loss));

        Assert.Equal(2, finder.Curve.Count);
        Assert.Equal(finder.Curve[1].LearningRate / 10, finder.Suggest(), 1e-15);
        Assert.Throws<ClipException>(() => new LearningRateFinder().Suggest());
    }
}
