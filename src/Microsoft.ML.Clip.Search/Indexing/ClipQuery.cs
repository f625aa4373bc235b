using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>Queries made of several embeddings: words and pictures mixed, and what is not wanted.</summary>
public static class ClipQuery
{
    /// <summary>
    /// The direction between embeddings: each is scaled to length 1, then they are added by their weights, and the sum is scaled to
    /// length 1. A weight below 0 leads away from what it stands for.
    /// </summary>
    /// <param name="parts">Embeddings of one length and their weights.</param>
    /// <returns>An embedding of length 1.</returns>
    /// <exception cref="ArgumentException">There are none, their lengths differ, one has no direction, or they cancel out.</exception>
    public static float[] Combine(params IEnumerable<(ReadOnlyMemory<float> Embedding, float Weight)> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        float[]? sum = null;
        foreach (var (embedding, weight) in parts)
        {
            sum ??= new float[embedding.Length];
            if (embedding.Length != sum.Length)
                throw new ArgumentException($"Embeddings of {sum.Length} and {embedding.Length} dimensions are not of one model.");
            if (!float.IsFinite(weight)) throw new ArgumentException($"A weight is {weight}; give a number.");
            TensorPrimitives.MultiplyAdd(UnitVector.Of(embedding.Span), weight, sum, sum);
        }

        if (sum is null) throw new ArgumentException("There is no embedding to search by; give one.");
        // What is left of vectors that cancel out is rounding.
        if (TensorPrimitives.Norm<float>(sum) < 1e-4f)
            throw new ArgumentException("The parts of the query cancel each other out; give them other weights.");
        return UnitVector.Of(sum);
    }
}
