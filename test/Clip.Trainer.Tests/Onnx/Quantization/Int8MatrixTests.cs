using Clip.Conversion.Onnx.Quantization;

namespace Clip.Trainer.Tests.Onnx.Quantization;

public sealed class Int8MatrixTests
{
    [Fact]
    public void Each_row_has_the_scale_of_its_largest_magnitude()
    {
        // Row 0: scale 2/127; 1 → 63.5 → 64 (to even), −2 → −127, 0.5 → 31.75 → 32. Row 1: scale 0.127/127 = 0.001.
        float[] values = [1, -2, 0.5f, 0.127f, 0.003f, -0.0612f];

        var matrix = Int8Matrix.Quantize("w", values, rows: 2, Int8Matrix.FullRange);

        Assert.Equal([2 / 127f, 0.127f / 127], matrix.Scales);
        Assert.Equal([64, -127, 32, 127, 3, -61], matrix.Numbers);
        Assert.Equal([64, 127, -127, 3, 32, -61], matrix.TransposedNumbers());
    }

    [Fact]
    public void Multiples_of_the_scale_come_back_exactly()
    {
        var values = Enumerable.Range(-127, 255).Select(i => i * 0.25f).ToArray();

        var matrix = Int8Matrix.Quantize("w", values, rows: 1, Int8Matrix.FullRange);

        Assert.Equal(values, matrix.Numbers.Select(n => n * matrix.Scales[0]));
    }

    [Fact]
    public void Two_products_of_a_reduced_range_and_bytes_fit_16_bits()
    {
        var matrix = Int8Matrix.Quantize("w", [3, -6, 1.5f], rows: 1, Int8Matrix.ReducedRange);

        Assert.Equal([32, -63, 16], matrix.Numbers);
        Assert.InRange(2 * 255 * matrix.Numbers.Max(n => Math.Abs((int)n)), 0, short.MaxValue);
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1e-44f)]
    public void A_row_of_nothing_stays_nothing(float value)
    {
        var matrix = Int8Matrix.Quantize("w", [value, -value], rows: 1, Int8Matrix.FullRange);

        Assert.Equal([0, 0], matrix.Numbers);
        Assert.Equal([1f], matrix.Scales);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Values_that_are_not_finite_are_refused(float value) =>
        Refused.With("'w' has a value that is not finite", () => Int8Matrix.Quantize("w", [1, value, 2], rows: 1, Int8Matrix.FullRange));

    [Fact]
    public void Transposing_goes_beyond_one_block()
    {
        const int rows = 70, columns = 131;
        var random = new Random(3);
        var matrix = new Int8Matrix([.. Enumerable.Range(0, rows * columns).Select(_ => (sbyte)random.Next(-127, 128))], new float[rows]);

        var transposed = matrix.TransposedNumbers();

        for (var i = 0; i < rows * columns; i++) Assert.Equal(matrix.Numbers[i], transposed[i % columns * rows + i / columns]);
    }
}
