using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip.Inference;

/// <summary>Integer inputs of a text tower, in the width that the graph declares.</summary>
internal static class TokenTensor
{
    /// <summary>A [rows, columns] tensor filled by <paramref name="fill"/>(row, columns).</summary>
    public static OrtValue Create(OnnxTensor input, int rows, int columns, Action<int, Span<long>> fill)
    {
        var row = new long[columns];
        if (input.ElementType == TensorElementType.Int64)
        {
            var longs = new long[rows * columns];
            for (var r = 0; r < rows; r++) fill(r, longs.AsSpan(r * columns, columns));
            return OrtValue.CreateTensorValueFromMemory(longs, [rows, columns]);
        }

        var ints = new int[rows * columns];
        for (var r = 0; r < rows; r++)
        {
            fill(r, row);
            for (var c = 0; c < columns; c++) ints[(r * columns) + c] = (int)row[c];
        }

        return OrtValue.CreateTensorValueFromMemory(ints, [rows, columns]);
    }

    /// <summary>
    /// The smallest tensor that the input accepts, all of one value: what a combined graph gets for the tower not asked for.
    /// </summary>
    public static OrtValue Constant(OnnxTensor input, long value) =>
        Create(input, Math.Max(1, input.Dimensions[0]), Math.Max(1, input.Dimensions[1]), (_, row) => row.Fill(value));
}
