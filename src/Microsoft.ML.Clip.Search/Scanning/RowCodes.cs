using System.Numerics.Tensors;

namespace Microsoft.ML.Clip.Scanning;

/// <summary>
/// Rows of floats as bytes: each dimension's range over all rows is cut into 254 steps, so that value ≈ center + step × code, with codes
/// from -127 to 127. Beside the codes of a row stands how far it is, as a vector, from what they say: by that bound a scan of the codes
/// knows which rows can be among the best, and leaves out none.
/// </summary>
internal sealed class RowCodes(float[] centers, float[] steps)
{
    /// <summary>The largest code.</summary>
    public const int Most = 127;

    /// <summary>Bytes that rows are padded to: a cache line.</summary>
    private const int Alignment = 64;

    /// <summary>A dimension's middle.</summary>
    public float[] Centers => centers;

    /// <summary>The width of a dimension's step; 0 where all rows have the same value.</summary>
    public float[] Steps => steps;

    /// <summary>Bytes of a row's codes, with padding.</summary>
    public static int Stride(int dimension) => (dimension + Alignment - 1) / Alignment * Alignment;

    /// <summary>Codes for values in a range of each dimension's own.</summary>
    public static RowCodes Over(ReadOnlySpan<float> least, ReadOnlySpan<float> most)
    {
        var (centers, steps) = (new float[least.Length], new float[least.Length]);
        for (var j = 0; j < centers.Length; j++)
        {
            centers[j] = (least[j] + most[j]) / 2;
            steps[j] = (most[j] - least[j]) / (2 * Most);
        }

        return new RowCodes(centers, steps);
    }

    /// <summary>Encodes a row.</summary>
    /// <param name="row">Its floats.</param>
    /// <param name="codes">Takes the codes, and zeros behind them.</param>
    /// <param name="scratch">Of the row's length.</param>
    /// <returns>No less than the distance between the row and what its codes say.</returns>
    public float Encode(ReadOnlySpan<float> row, Span<sbyte> codes, Span<float> scratch)
    {
        TensorPrimitives.Subtract(row, centers, scratch);
        double squares = 0;
        for (var j = 0; j < row.Length; j++)
        {
            var code = steps[j] > 0 ? Math.Clamp(MathF.Round(scratch[j] / steps[j]), -Most, Most) : 0;
            codes[j] = (sbyte)code;
            var off = (double)row[j] - ((double)centers[j] + (double)steps[j] * code);
            squares += off * off;
        }

        codes[row.Length..].Clear();
        return MathF.BitIncrement((float)Math.Sqrt(squares));
    }
}
