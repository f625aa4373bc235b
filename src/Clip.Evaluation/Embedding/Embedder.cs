using Clip.Data;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Imaging;
using Microsoft.ML.Clip.Inference;

namespace Clip.Evaluation.Embedding;

/// <summary>
/// Embeds what a model is evaluated on: each picture and text once, and not at all where the cache has it. Embeddings have length 1.
/// </summary>
/// <param name="model">The model; stays the caller's. Its towers are opened only if something must be embedded.</param>
/// <param name="cache">Where embeddings are kept; null for nowhere. Stays the caller's.</param>
/// <param name="progress">Told after each batch; null for nobody.</param>
/// <param name="views">The views of a picture whose embeddings are averaged; the cache must be of the same.</param>
internal sealed class Embedder(
    ClipModel model, EmbeddingCache? cache, IProgress<EmbeddingProgress>? progress, ClipImageViews views = ClipImageViews.Center)
{
    /// <summary>Pictures at once, as pipelines have it.</summary>
    private readonly int _batchSize = Math.Max(1, new ClipModelOptions().BatchSize / ImageViews.Count(views));

    /// <summary>Prompts at once, after which those that are done are kept.</summary>
    private const int MostPrompts = 4096;

    public ClipModel Model => model;

    /// <summary>Embeds pictures.</summary>
    /// <param name="what">The set's name, for progress.</param>
    /// <param name="images">The pictures.</param>
    /// <param name="bad">Told of those that cannot be read; too many of them end it.</param>
    /// <param name="cancellation">Stops it; what is done stays in the cache.</param>
    /// <returns>For each picture its embedding, [D]; null where it cannot be read.</returns>
    /// <exception cref="ClipException">Too many are bad, or an embedding is not finite.</exception>
    public float[]?[] Images(string what, IReadOnlyList<StoredImage> images, BadRecords bad, CancellationToken cancellation)
    {
        var features = new float[images.Count][];
        var keys = Interruptible.Run(() => Keys(images, bad), cancellation);
        if (cache is not null)
        {
            for (var i = 0; i < keys.Length; i++)
            {
                if (keys[i] is { } key) features[i] = cache.Find(key)!;
            }
        }

        // A picture that comes twice is embedded once.
        var missing = Enumerable.Range(0, images.Count).Where(i => keys[i] is not null && features[i] is null)
            .GroupBy(i => keys[i]!.Value).Select(same => same.ToArray()).ToArray();
        var done = images.Count - missing.Sum(same => same.Length);
        Report();
        if (missing.Length > 0)
        {
            try
            {
                var batches = new ImageBatches(model.ImageTower, _batchSize, views);
                foreach (var (index, row, reason) in batches.Embed([.. missing.Select(same => images[same[0]])], cancellation))
                {
                    foreach (var i in missing[index]) features[i] = row!;
                    if (row is null) bad.Add(images[missing[index][0]].ImagePath, reason!);
                    else Keep(keys[missing[index][0]]!.Value, row);
                    done += missing[index].Length;
                    if (index % _batchSize == _batchSize - 1 || index == missing.Length - 1)
                    {
                        bad.ThrowIfTooMany();
                        Report();
                    }
                }
            }
            finally
            {
                cache?.Flush();
            }
        }

        bad.ThrowIfTooMany();
        foreach (var row in features) Placing.RequireFinite(row);
        return features;

        void Report() => progress?.Report(new EmbeddingProgress(what, done, images.Count));
    }

    /// <summary>Embeds texts.</summary>
    /// <param name="what">The set's name, for progress.</param>
    /// <param name="texts">The texts.</param>
    /// <param name="cancellation">Stops it; what is done stays in the cache.</param>
    /// <returns>For each text its embedding, [D].</returns>
    /// <exception cref="ClipException">An embedding is not finite.</exception>
    public float[][] Texts(string what, IReadOnlyList<string> texts, CancellationToken cancellation) =>
        Rows(what, texts, EmbeddingKey.OfText, _ => 1, part => model.EmbedTexts(part, normalize: true, cancellation));

    /// <summary>Embeds labels: the normalized mean of each one's prompts (<see cref="ClipLabelEmbeddings"/>).</summary>
    /// <param name="set">The labels, and their prompts or templates.</param>
    /// <param name="cancellation">Stops it; what is done stays in the cache.</param>
    /// <returns>For each label its direction, [D], and its prompts.</returns>
    /// <exception cref="ArgumentException">Labels or prompts are not as <see cref="ClipLabelEmbeddings"/> takes them.</exception>
    public (float[][] Rows, IReadOnlyList<string>[] Prompts) Labels(LabeledSet set, CancellationToken cancellation)
    {
        var prompts = ClipLabelEmbeddings.Prompts(set.Labels, set.Templates, set.Prompts);
        var (tokenizer, length) = (model.Tokenizer, model.ContextLength);
        if (!set.MayHaveTwins) ClipLabelEmbeddings.RefuseTwins(set.Labels, prompts, text => tokenizer.Encode(text, length));
        return (
            Rows($"labels of {set.Name}", prompts, EmbeddingKey.OfPrompts, own => own.Count,
                part => ClipLabelEmbeddings.Means(model, part, cancellation)),
            prompts);
    }

    private float[][] Rows<T>(
        string what, IReadOnlyList<T> items, Func<T, UInt128> identify, Func<T, int> size, Func<IReadOnlyList<T>, float[][]> embed)
    {
        var keys = items.Select(identify).ToArray();
        var rows = new Dictionary<UInt128, float[]>();
        var missing = new List<(UInt128 Key, T Item)>();
        for (var i = 0; i < keys.Length; i++)
        {
            if (rows.ContainsKey(keys[i])) continue;
            rows[keys[i]] = cache?.Find(keys[i]) ?? [];
            if (rows[keys[i]].Length == 0) missing.Add((keys[i], items[i]));
        }

        try
        {
            for (var start = 0; start < missing.Count;)
            {
                progress?.Report(new EmbeddingProgress(what, items.Count - missing.Count + start, items.Count));
                var (end, texts) = (start, 0);
                while (end < missing.Count && (end == start || texts + size(missing[end].Item) <= MostPrompts))
                    texts += size(missing[end++].Item);
                var embedded = embed([.. missing[start..end].Select(m => m.Item)]);
                for (var i = start; i < end; i++) Keep(missing[i].Key, rows[missing[i].Key] = embedded[i - start]);
                start = end;
            }
        }
        finally
        {
            cache?.Flush();
        }

        if (missing.Count > 0) progress?.Report(new EmbeddingProgress(what, items.Count, items.Count));
        foreach (var row in rows.Values) Placing.RequireFinite(row);
        return [.. keys.Select(key => rows[key])];
    }

    /// <summary>What is not finite is an error, and none to keep.</summary>
    private void Keep(UInt128 key, float[] row)
    {
        Placing.RequireFinite(row);
        cache?.Add(key, row);
    }

    private static UInt128?[] Keys(IReadOnlyList<StoredImage> images, BadRecords bad)
    {
        var keys = new UInt128?[images.Count];
        Parallel.For(0, images.Count, i =>
        {
            try
            {
                keys[i] = EmbeddingKey.Of(images[i]);
            }
            catch (Exception e) when (ImageBatches.IsUnreadable(e))
            {
                bad.Add(images[i].ImagePath, e.Message);
            }
        });
        return keys;
    }
}
