using Clip.Conversion.Checkpoints;

namespace Clip.Conversion.Tests.Checkpoints;

public class WeightInterpolationTests
{
    private static readonly Dictionary<string, WeightTensor> Before = Weights(1f, -2f, 0.1f);
    private static readonly Dictionary<string, WeightTensor> After = Weights(3f, 2f, 0.3f);

    [Theory]
    [InlineData(0.0, 1f, -2f, 0.1f)]
    [InlineData(0.25, 1.5f, -1f, 0.15f)]
    [InlineData(0.5, 2f, 0f, 0.2f)]
    [InlineData(1.0, 3f, 2f, 0.3f)]
    public void WeightsLieBetween(double alpha, params float[] expected)
    {
        var between = WeightInterpolation.Between(Before, After, alpha)["w"];

        Assert.Equal([3L], between.Shape);
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], between.Data.Span[i], 1e-7f);
    }

    [Fact]
    public void TheEndsAreTheModelsToTheBit()
    {
        Assert.Equal(Before["w"].Data.ToArray(), WeightInterpolation.Between(Before, After, 0)["w"].Data.ToArray());
        Assert.Equal(After["w"].Data.ToArray(), WeightInterpolation.Between(Before, After, 1)["w"].Data.ToArray());
    }

    [Fact]
    public void AnotherArchitectureIsRefused()
    {
        var other = new Dictionary<string, WeightTensor>(After) { ["more"] = After["w"] };
        var wider = new Dictionary<string, WeightTensor> { ["w"] = new WeightTensor([1, 3], new float[3]) };

        Assert.Contains(
            "'more'",
            Assert.Throws<ClipException>(() => WeightInterpolation.Between(Before, other, 0.5)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "[1, 3]",
            Assert.Throws<ClipException>(() => WeightInterpolation.Between(Before, wider, 0.5)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void AnAlphaOutOfRangeIsRefused() =>
        Assert.Contains(
            "1.5", Assert.Throws<ClipException>(() => WeightInterpolation.Between(Before, After, 1.5)).Message, StringComparison.Ordinal);

    private static Dictionary<string, WeightTensor> Weights(params float[] values) =>
        new() { ["w"] = new WeightTensor([values.Length], values) };
}
