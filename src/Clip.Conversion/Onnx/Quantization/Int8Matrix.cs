using System.Numerics.Tensors;

namespace Clip.Conversion.Onnx.Quantization;

/// <summary>
/// A matrix in 8 bits with one scale a row: <c>value ≈ scale · number</c>, the numbers symmetric about 0, so that no zero point has to be
/// subtracted from every product.
/// </summary>
/// <param name="Numbers">Row-major, as the float values were.</param>
/// <param name="Scales">One a row.</param>
internal sealed record Int8Matrix(sbyte[] Numbers, float[] Scales)
{
    /// <summary>The numbers reach from −127 to 127.</summary>
    public const int FullRange = 127;

    /// <summary>
    /// Numbers from −63 to 63 cost one bit of precision, but the sum of two products with a byte then fits 16 bits, where processors
    /// that multiply bytes without VNNI (AVX2, early AVX-512) would cut it off.
    /// </summary>
    public const int ReducedRange = 63;

    /// <summary>Rounds each row to the scale that its largest magnitude asks for; halves round to even.</summary>
    /// <param name="name">The weight's name, for the message.</param>
    /// <param name="values">The matrix [rows, columns].</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="range"><see cref="FullRange"/> or <see cref="ReducedRange"/>.</param>
    /// <exception cref="ClipException">A value is not finite.</exception>
    public static Int8Matrix Quantize(string name, ReadOnlySpan<float> values, int rows, int range)
    {
        var columns = values.Length / rows;
        var numbers = new sbyte[values.Length];
        var scales = new float[rows];
        var scaled = new float[columns];
        for (var row = 0; row < rows; row++)
        {
            var from = values.Slice(row * columns, columns);
            var largest = TensorPrimitives.MaxMagnitude(from);
            if (!float.IsFinite(largest))
                throw new ClipException(
                    $"The weight '{name}' has a value that is not finite; its training failed, so give an earlier checkpoint.");
            // Any scale does for a row of zeros; so small a one that its inverse is infinite would make NaNs of them.
            scales[row] = MathF.Abs(largest) < 1e-30f ? 1 : MathF.Abs(largest) / range;
            TensorPrimitives.Divide(from, scales[row], scaled);
            TensorPrimitives.Round(scaled, scaled);
            TensorPrimitives.ConvertTruncating<float, sbyte>(scaled, numbers.AsSpan(row * columns, columns));
        }

        return new Int8Matrix(numbers, scales);
    }

    /// <summary>The numbers with rows and columns swapped, in blocks that stay in the cache.</summary>
    public sbyte[] TransposedNumbers()
    {
        const int block = 64;
        int rows = Scales.Length, columns = Numbers.Length / rows;
        var transposed = new sbyte[Numbers.Length];
        for (var r0 = 0; r0 < rows; r0 += block)
        {
            for (var c0 = 0; c0 < columns; c0 += block)
            {
                for (var r = r0; r < Math.Min(rows, r0 + block); r++)
                {
                    for (var c = c0; c < Math.Min(columns, c0 + block); c++) transposed[c * rows + r] = Numbers[r * columns + c];
                }
            }
        }

        return transposed;
    }
}
