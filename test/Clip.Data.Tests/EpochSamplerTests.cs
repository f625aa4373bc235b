using Clip.Data;

namespace Clip.Data.Tests;

public class EpochSamplerTests
{
    [Fact]
    public void AnEpochShowsNothingTwice()
    {
        var sampler = new EpochSampler(count: 103, batchSize: 10, seed: 1);

        var seen = Enumerable.Range(0, 10).SelectMany(step => sampler.BatchOf(step).ToArray()).ToArray();

        Assert.Equal(10, sampler.StepsPerEpoch);
        Assert.Equal(100, seen.Distinct().Count());
        Assert.All(seen, sample => Assert.InRange(sample, 0, 102));
    }

    [Fact]
    public void AnyStepCanBeAskedForAtOnce()
    {
        var from = new EpochSampler(64, 8, seed: 3);
        var inOrder = Enumerable.Range(0, 24).Select(step => from.BatchOf(step).ToArray()).ToArray();

        Assert.Equal(inOrder[17], new EpochSampler(64, 8, seed: 3).BatchOf(17).ToArray());
        Assert.NotEqual(inOrder[1], inOrder[9]); // the next epoch has another order
        Assert.NotEqual(inOrder[1], new EpochSampler(64, 8, seed: 4).BatchOf(1).ToArray());
    }

    [Fact]
    public void FewerSamplesThanABatchMakeOneSmallBatch() =>
        Assert.Equal(5, new EpochSampler(5, 8, 0).BatchOf(3).Length);

    /// <summary>Five captions of each of sixteen pictures as records of their own.</summary>
    [Theory]
    [InlineData(4)]
    [InlineData(16)]
    public void NoStepShowsAnImageTwice(int batchSize)
    {
        var sampler = new EpochSampler([new EpochPart(80)], batchSize, seed: 2, imageOf: sample => sample / 5);

        var steps = Enumerable.Range(0, 3 * 80 / batchSize).Select(step => sampler.BatchOf(step).ToArray()).ToArray();

        Assert.All(steps, step => Assert.Equal(batchSize, step.Select(sample => sample / 5).Distinct().Count()));
        Assert.All(steps.Chunk(80 / batchSize), epoch => Assert.Equal(80, epoch.SelectMany(s => s).Distinct().Count()));
    }

    [Fact]
    public void WhatIsShownTwiceInAnEpochIsNotShownTwiceInAStep()
    {
        var sampler = new EpochSampler([new EpochPart(20, Factor: 3), new EpochPart(40)], 10, seed: 2, imageOf: sample => sample);

        Assert.All(
            Enumerable.Range(0, 10).Select(step => sampler.BatchOf(step).ToArray()), step => Assert.Equal(10, step.Distinct().Count()));
    }

    [Fact]
    public void WhereThereAreTooFewImagesTheyAreShownAllTheSame() =>
        Assert.Equal(8, new EpochSampler([new EpochPart(8)], 4, seed: 1, imageOf: sample => sample % 2).BatchOf(0).Length * 2);
}
