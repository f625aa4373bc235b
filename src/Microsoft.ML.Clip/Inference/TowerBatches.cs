using System.Buffers;

namespace Microsoft.ML.Clip.Inference;

/// <summary>Fills one image's place in a batch: 3 × height × width floats.</summary>
internal delegate void ImagePreparer(int index, Span<float> destination);

/// <summary>Runs towers over any number of images or texts, a batch at a time.</summary>
internal static class TowerBatches
{
    /// <summary>Prepares images in parallel and embeds them, giving [count, dimension] in one array.</summary>
    public static float[] Embed(this ImageTower tower, int count, int batchSize, ImagePreparer prepare, CancellationToken cancellationToken)
    {
        var size = tower.Preprocessor.FloatCount;
        var rows = tower.RowsFor(Math.Min(batchSize, count));
        var pixels = ArrayPool<float>.Shared.Rent(rows * size);
        var features = ArrayPool<float>.Shared.Rent(rows * tower.Dimension);
        var embeddings = new float[count * tower.Dimension];
        try
        {
            for (var start = 0; start < count; start += batchSize)
            {
                var length = Math.Min(batchSize, count - start);
                OrderedParallel.For(length, i => prepare(start + i, pixels.AsSpan(i * size, size)), cancellationToken);
                cancellationToken.ThrowIfCancellationRequested();
                tower.Run(pixels, length, features);
                features.AsSpan(0, length * tower.Dimension).CopyTo(embeddings.AsSpan(start * tower.Dimension));
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(pixels);
            ArrayPool<float>.Shared.Return(features);
        }

        return embeddings;
    }

    /// <summary>
    /// Embeds texts in order of length, so that a batch has little to fill up, giving [count, dimension] in the texts' order, and
    /// how many tokens they have together.
    /// </summary>
    public static float[] Embed(
        this TextTower tower, IReadOnlyList<string> texts, int batchSize, out long tokenCount, CancellationToken cancellationToken)
    {
        var dimension = tower.Dimension;
        var embeddings = new float[texts.Count * dimension];
        var tokens = new int[texts.Count][];
        OrderedParallel.For(texts.Count, i => tokens[i] = tower.Tokenize(texts[i], out _), cancellationToken);
        tokenCount = tokens.Sum(t => (long)t.Length);
        var order = Enumerable.Range(0, texts.Count).ToArray();
        Array.Sort(Array.ConvertAll(order, i => tokens[i].Length), order);

        var features = new float[Math.Min(batchSize, texts.Count) * dimension];
        var batch = new int[batchSize][];
        for (var start = 0; start < texts.Count; start += batchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var length = Math.Min(batchSize, texts.Count - start);
            for (var i = 0; i < length; i++) batch[i] = tokens[order[start + i]];
            tower.Run(batch.AsSpan(0, length), features.AsMemory(0, length * dimension));
            for (var i = 0; i < length; i++)
                features.AsSpan(i * dimension, dimension).CopyTo(embeddings.AsSpan(order[start + i] * dimension));
        }

        return embeddings;
    }
}
