using Clip.Trainer.Modeling;
using Clip.Trainer.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Training;

public sealed class ModelEmaTests
{
    [Fact]
    public void AveragesWeightsAndStatisticsAndCopiesCounts()
    {
        using var norm = nn.BatchNorm1d(1);
        using var ema = new ModelEma(norm, decay: 0.5);
        Set(norm, weight: 3, mean: 8, batches: 7);

        ema.Update(step: 100);

        Assert.Equal([2f, 0, 4, 1, 7], Values(ema)); // weight from 1, bias, mean from 0, variance, batches
    }

    [Theory]
    [InlineData(1, 0.1)] // n / (9 + n)
    [InlineData(9, 0.5)]
    [InlineData(1000, 0.9)] // the decay asked for
    public void AtFirstItKeepsLess(long step, double kept)
    {
        using var norm = nn.BatchNorm1d(1);
        using var ema = new ModelEma(norm, decay: 0.9);
        Set(norm, weight: 0, mean: 0, batches: 0);

        ema.Update(step);

        Assert.Equal(kept, Values(ema)[0], 6);
    }

    [Fact]
    public void TheModelHoldsTheAverageOnlyAsLongAsAskedFor()
    {
        using var norm = nn.BatchNorm1d(1);
        using var ema = new ModelEma(norm, decay: 0.5);
        Set(norm, weight: 3, mean: 0, batches: 0);
        ema.Update(step: 100);

        using (ema.InModel()) Assert.Equal(2, norm.weight!.item<float>());

        Assert.Equal(3, norm.weight!.item<float>());
        Assert.Equal(2, Values(ema)[0]);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void ADecayThatIsNoneIsRefused(double decay)
    {
        using var norm = nn.BatchNorm1d(1);

        var error = Assert.Throws<ClipException>(() => new ModelEma(norm, decay));

        Assert.Contains("below 1", error.Message, StringComparison.Ordinal);
    }

    private static void Set(BatchNorm1d norm, float weight, float mean, long batches)
    {
        using var unused = no_grad();
        norm.weight!.fill_(weight);
        norm.running_mean!.fill_(mean);
        norm.num_batches_tracked!.fill_(batches);
    }

    private static float[] Values(ModelEma ema) => [.. ema.State.Select(s => TorchWeights.Copy(s.Value).Data.Span[0])];
}
