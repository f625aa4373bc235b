using System.Numerics.Tensors;

namespace Microsoft.ML.Clip.Inference;

/// <summary>The arithmetic on embeddings.</summary>
internal static class EmbeddingMath
{
    /// <summary>Scales to length 1, in place. A zero vector has no direction and stays as it is.</summary>
    public static void Normalize(Span<float> vector)
    {
        var norm = TensorPrimitives.Norm(vector);
        if (norm > 0) TensorPrimitives.Divide(vector, norm, vector);
    }

    /// <summary>Normalises each row of <paramref name="rows"/>.</summary>
    public static void NormalizeRows(Span<float> rows, int dimension)
    {
        for (var start = 0; start < rows.Length; start += dimension) Normalize(rows.Slice(start, dimension));
    }
}
