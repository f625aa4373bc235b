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

    /// <summary>
    /// Makes one row of every <paramref name="count"/>: each scaled to length 1, added, scaled again. They come to lie at the front.
    /// </summary>
    public static void AverageRows(Span<float> rows, int dimension, int count)
    {
        NormalizeRows(rows, dimension);
        for (var row = 0; row * count * dimension < rows.Length; row++)
        {
            var mean = rows.Slice(row * dimension, dimension);
            var views = rows.Slice(row * count * dimension, count * dimension);
            // Of the first row the mean is the first view; of others that lies behind.
            if (row > 0) views[..dimension].CopyTo(mean);
            for (var view = 1; view < count; view++) TensorPrimitives.Add(mean, views.Slice(view * dimension, dimension), mean);
            Normalize(mean);
        }
    }
}
