using Clip.Trainer.Data;

namespace Clip.Trainer.Tests.Data;

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
}
