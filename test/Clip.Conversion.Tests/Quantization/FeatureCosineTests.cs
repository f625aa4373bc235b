using Clip.Conversion.Quantization;

namespace Clip.Conversion.Tests.Quantization;

public sealed class FeatureCosineTests
{
    [Fact]
    public void Features_are_compared_pair_by_pair_and_the_worst_is_told()
    {
        var cosine = FeatureCosine.Between([[1, 0], [0, 2], [3, 3]], [[5, 0], [0, 1], [-1, 1]]);

        Assert.Equal(2 / 3.0, cosine.Mean, 6);
        Assert.Equal(0, cosine.Min, 6);
    }
}
