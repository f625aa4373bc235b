using System.Numerics.Tensors;
using Clip.Data;
using Clip.Evaluation;
using Clip.Evaluation.Embedding;
using Microsoft.ML.Clip.Inference;

namespace Microsoft.ML.Clip.Experiments.Features;

/// <summary>Computes features, each once: of several models and views, of pictures and texts, and of the classes' prompts.</summary>
internal sealed class FeatureSource : IDisposable
{
    private readonly ClipExperimentOptions _options;
    private readonly Action<string> _warn;
    private readonly Dictionary<string, ClipModel> _models;
    private readonly Dictionary<(string Model, ClipImageViews Views), Embedder> _embedders = [];
    private readonly List<EmbeddingCache> _caches = [];
    private readonly Dictionary<(string Model, ClipImageViews Views, StoredImage Image), float[]> _images = [];
    private readonly Dictionary<(string Model, string Text), float[]> _texts = [];

    /// <exception cref="ArgumentException">There is no model.</exception>
    public FeatureSource(ClipExperimentOptions options, Action<string> warn)
    {
        if (options.ModelFolders.Count == 0) throw new ArgumentException("There is no model folder; name at least one.", nameof(options));
        (_options, _warn) = (options, warn);
        _models = options.ModelFolders.Distinct().ToDictionary(folder => folder, folder => ClipModel.Open(folder));
    }

    /// <summary>Leaves out the rows whose pictures cannot be read.</summary>
    /// <exception cref="OperationCanceledException">It was canceled; what is done stays in the cache.</exception>
    public ExperimentData Readable(ExperimentData data, string what, CancellationToken cancellation)
    {
        if (data.Rows.Count == 0 || data.Rows[0].Image is null) return data;
        var bad = new BadRecords(data.Rows.Count, mostPercent: 100, report: null);
        var rows = Images(data, _options.ModelFolders[0], ClipImageViews.Center, what, bad, cancellation);
        var unreadable = data.Rows.Where((_, i) => rows[i] is null)
            .Select(row => new UnreadableRow(row.Name, bad.Reasons.GetValueOrDefault(row.Name, "It cannot be read.")));
        return new ExperimentData(
            [.. data.Rows.Where((_, i) => rows[i] is not null)], data.Classes, [.. data.Unreadable, .. unreadable]);
    }

    /// <summary>The features of rows whose pictures can be read.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="variant">What features.</param>
    /// <param name="what">The rows' name, for messages.</param>
    /// <param name="cancellation">Stops it; what is done stays in the cache.</param>
    public FeatureTable Table(ExperimentData data, FeatureVariant variant, string what, CancellationToken cancellation)
    {
        float[][][] parts =
            [.. Parts(variant).Select(part => Part(data, part.Model, part.IsText ? null : variant.Views, what, cancellation))];
        return new FeatureTable(variant.Name, [.. Enumerable.Range(0, data.Rows.Count).Select(i => Beside([.. parts.Select(p => p[i])]))]);
    }

    /// <summary>Where the classes' prompts point, in the space of a variant's features.</summary>
    /// <returns>[classes][D].</returns>
    /// <exception cref="ArgumentException">Two classes are one text to the model.</exception>
    /// <exception cref="FileNotFoundException">A model has no text tower.</exception>
    public float[][] Directions(
        IReadOnlyList<string> classes, FeatureVariant variant, IReadOnlyList<string> templates, CancellationToken cancellation)
    {
        var set = new LabeledSet("classes", [], classes, templates);
        float[][][] parts =
            [.. Parts(variant).Select(part => Embedder(part.Model, ClipImageViews.Center).Labels(set, cancellation).Rows)];
        return [.. Enumerable.Range(0, classes.Count).Select(i => Beside([.. parts.Select(p => p[i])]))];
    }

    /// <summary>The parts of a variant's features, in their order: each model's pictures, then its texts.</summary>
    public static IEnumerable<(string Model, bool IsText)> Parts(FeatureVariant variant)
    {
        foreach (var model in variant.ModelFolders)
        {
            if (variant.UsesImages) yield return (model, false);
            if (variant.UsesTexts) yield return (model, true);
        }
    }

    public void Dispose()
    {
        foreach (var cache in _caches) cache.Dispose();
        foreach (var model in _models.Values) model.Dispose();
    }

    private float[][] Part(ExperimentData data, string model, ClipImageViews? views, string what, CancellationToken cancellation)
    {
        if (views is not { } own) return Texts(data, model, what, cancellation);
        var bad = new BadRecords(data.Rows.Count, mostPercent: 100, report: null);
        var rows = Images(data, model, own, what, bad, cancellation);
        if (Array.FindIndex(rows, row => row is null) is >= 0 and var lost)
        {
            throw new InvalidDataException(
                $"'{data.Rows[lost].Name}' could be read at first and cannot any more: {bad.Reasons.Values.First()}; put it back.");
        }

        return rows!;
    }

    /// <summary>Pictures that were not embedded yet, and with them the others; null for one that cannot be read.</summary>
    private float[]?[] Images(
        ExperimentData data, string model, ClipImageViews views, string what, BadRecords bad, CancellationToken cancellation)
    {
        StoredImage[] missing = [.. data.Rows.Select(row => row.Image!).Where(image => !_images.ContainsKey((model, views, image)))];
        var rows = missing.Length > 0 ? Embedder(model, views).Images(what, missing, bad, cancellation) : [];
        for (var i = 0; i < rows.Length; i++)
        {
            if (rows[i] is { } row) _images[(model, views, missing[i])] = row;
        }

        return [.. data.Rows.Select(row => _images.GetValueOrDefault((model, views, row.Image!)))];
    }

    private float[][] Texts(ExperimentData data, string model, string what, CancellationToken cancellation)
    {
        string[] missing = [.. data.Rows.Select(row => row.Text!).Distinct().Where(text => !_texts.ContainsKey((model, text)))];
        var rows = missing.Length > 0 ? Embedder(model, ClipImageViews.Center).Texts(what, missing, cancellation) : [];
        for (var i = 0; i < rows.Length; i++) _texts[(model, missing[i])] = rows[i];
        return [.. data.Rows.Select(row => _texts[(model, row.Text!)])];
    }

    private Embedder Embedder(string model, ClipImageViews views)
    {
        if (_embedders.TryGetValue((model, views), out var known)) return known;
        EmbeddingCache? cache = null;
        if (_options.CacheFolder is { } folder)
        {
            // Views are features of their own; those of the picture alone are shared with all that keep embeddings.
            var name = _models[model].Fingerprint + (views == ClipImageViews.Center ? "" : $"-{views}");
            _caches.Add(cache = EmbeddingCache.Open(folder, name, _warn));
        }

        return _embedders[(model, views)] = new Embedder(_models[model], cache, progress: null, views);
    }

    /// <summary>Parts of length 1 beside each other, made one of length 1.</summary>
    private static float[] Beside(float[][] parts)
    {
        if (parts.Length == 1) return parts[0];
        float[] row = [.. parts.SelectMany(part => part)];
        EmbeddingMath.Normalize(row);
        return row;
    }
}
