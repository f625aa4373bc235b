using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.ML.Clip.AspNetCore.Requests;
using Microsoft.ML.Clip.Inference;

namespace Microsoft.ML.Clip.AspNetCore.Batching;

/// <summary>
/// The model behind its two queues. A request's inputs are prepared by itself, so that what cannot be read is its own fault and nobody
/// else's, and then run with those of others.
/// </summary>
internal sealed class ClipEngine : IAsyncDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Microsoft.ML.Clip.AspNetCore";

    private readonly ClipServerOptions _options;
    private readonly BatchMetrics _textMetrics;
    private readonly BatchMetrics _imageMetrics;
    private readonly Lazy<Batcher<int[]>> _texts;
    private readonly Lazy<Batcher<float[]>> _images;
    private readonly Lazy<ClipImagePreprocessor> _preprocessor;

    // Decoding takes a core and, for large pictures, much memory.
    private readonly SemaphoreSlim _decoders = new(Environment.ProcessorCount);

    public ClipEngine(ClipModel model, ClipServerOptions options, IMeterFactory meters)
    {
        options.Check();
        (Model, _options) = (model, options);
        Name = options.ModelName ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(model.Folder));
        var meter = meters.Create(MeterName);
        (_textMetrics, _imageMetrics) = (new BatchMetrics(meter, "text"), new BatchMetrics(meter, "image"));
        _texts = new(() => NewBatcher(model.TextTower, _textMetrics));
        _images = new(() => NewBatcher(model.ImageTower, _imageMetrics));
        _preprocessor = new(() =>
        {
            var settings = model.ImageTower.Preprocessing;
            return ClipImagePreprocessor.Create(settings with { MaxPixels = Math.Min(settings.MaxPixels, options.MaxPixels) });
        });
    }

    public ClipModel Model { get; }

    /// <summary>What clients call the model.</summary>
    public string Name { get; }

    /// <summary>Opens the sessions, so that no request waits for it.</summary>
    /// <exception cref="FileNotFoundException">The folder lacks a tower.</exception>
    public void Open()
    {
        _ = Model.TextTower;
        _ = Model.ImageTower;
    }

    /// <summary>Embeds texts; each embedding has length 1.</summary>
    /// <returns>The embeddings and how many tokens they took.</returns>
    /// <exception cref="ApiException">The queue is full, or a text cannot be read.</exception>
    public async Task<(float[][] Embeddings, long Tokens)> EmbedTextsAsync(IReadOnlyList<string> texts, CancellationToken cancellation)
    {
        if (texts.Count == 0) return ([], 0);
        var batcher = _texts.Value;
        using var places = batcher.TryReserve(texts.Count) ?? throw Busy(_textMetrics);
        var tokens = new int[texts.Count][];
        for (var i = 0; i < tokens.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            tokens[i] = Tokenize(texts[i], i);
        }

        var embeddings = await places.RunAsync(tokens, cancellation).ConfigureAwait(false);
        return (embeddings, tokens.Sum(t => (long)t.Length));
    }

    /// <summary>Embeds pictures, given as their files' bytes; each embedding has length 1.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="names">What they are called in errors.</param>
    /// <param name="cancellation">Takes them out of the queue.</param>
    /// <exception cref="ApiException">The queue is full, or a picture cannot be read.</exception>
    public async Task<float[][]> EmbedImagesAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> pictures, IReadOnlyList<string> names, CancellationToken cancellation)
    {
        if (pictures.Count == 0) return [];
        var batcher = _images.Value;
        using var places = batcher.TryReserve(pictures.Count) ?? throw Busy(_imageMetrics);
        var pixels = await Task.WhenAll(pictures.Zip(names, (picture, name) => PrepareAsync(picture, name, cancellation)))
            .ConfigureAwait(false);
        return await places.RunAsync(pixels, cancellation).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (_texts.IsValueCreated) await _texts.Value.DisposeAsync().ConfigureAwait(false);
        if (_images.IsValueCreated) await _images.Value.DisposeAsync().ConfigureAwait(false);
        _decoders.Dispose();
    }

    private Batcher<int[]> NewBatcher(TextTower tower, BatchMetrics metrics) => new(
        texts =>
        {
            var rows = new float[texts.Count * tower.Dimension];
            tower.Run([.. texts], rows);
            return Rows(rows, tower.Dimension);
        },
        _options.MaxBatchSize, _options.BatchDelay, _options.QueueLimit, metrics);

    private Batcher<float[]> NewBatcher(ImageTower tower, BatchMetrics metrics)
    {
        // A tower runs its batches one after another, so the buffers serve them all.
        var most = tower.RowsFor(_options.MaxBatchSize);
        float[] pixels = [], rows = [];
        return new(
            pictures =>
            {
                var size = tower.Preprocessor.FloatCount;
                if (pixels.Length < tower.RowsFor(pictures.Count) * size)
                    (pixels, rows) = (new float[most * size], new float[most * tower.Dimension]);
                for (var i = 0; i < pictures.Count; i++) pictures[i].CopyTo(pixels, i * size);
                tower.Run(pixels, pictures.Count, rows);
                return Rows(rows.AsSpan(0, pictures.Count * tower.Dimension).ToArray(), tower.Dimension);
            },
            _options.MaxBatchSize, _options.BatchDelay, _options.QueueLimit, metrics);
    }

    private static float[][] Rows(float[] rows, int dimension)
    {
        EmbeddingMath.NormalizeRows(rows, dimension);
        return [.. rows.Chunk(dimension)];
    }

    private int[] Tokenize(string text, int index)
    {
        try
        {
            return Model.TextTower.Tokenize(text, out _);
        }
        catch (ArgumentException e)
        {
            throw ApiException.BadRequest($"Text {index} cannot be embedded: {ApiException.Sentence(e)}", "input");
        }
    }

    private async Task<float[]> PrepareAsync(ReadOnlyMemory<byte> picture, string name, CancellationToken cancellation)
    {
        await _decoders.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await Task.Run(
                () =>
                {
                    var pixels = new float[_preprocessor.Value.FloatCount];
                    _preprocessor.Value.Preprocess(picture.Span, pixels);
                    return pixels;
                },
                cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException)
        {
            throw ApiException.BadRequest($"{name} cannot be read: {ApiException.Sentence(e)}", "image");
        }
        finally
        {
            _decoders.Release();
        }
    }

    private static ApiException Busy(BatchMetrics metrics)
    {
        metrics.Refused();
        return new ApiException(
            StatusCodes.Status503ServiceUnavailable, "The server has as many inputs waiting as it takes; try again in a second.",
            code: "server_busy")
        { RetryAfter = TimeSpan.FromSeconds(1) };
    }
}
