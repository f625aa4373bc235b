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
}
