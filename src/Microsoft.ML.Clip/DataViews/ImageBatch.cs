using System.Buffers;
using Microsoft.ML.Clip.Imaging;
using Microsoft.ML.Clip.Inference;

namespace Microsoft.ML.Clip.DataViews;

/// <summary>The images of a batch of rows: prepared in parallel, embedded in one run.</summary>
internal sealed class ImageBatch(
    ImageTower tower, ImageColumn column, int capacity, ClipErrorHandling onError, BatchLog log,
    ClipImageViews views = ClipImageViews.Center) : IDisposable
{
    private readonly int _views = ImageViews.Count(views);
    private readonly bool[] _missing = new bool[capacity];
    private float[] _pixels = [];
    private float[] _embeddings = [];

    public void Read(int slot) => column.Read(slot);

    public void Prepare(int count, CancellationToken cancellationToken)
    {
        var size = _views * tower.Preprocessor.FloatCount;
        Reserve(tower.RowsFor(count * _views) * tower.Preprocessor.FloatCount);
        OrderedParallel.For(count, slot => Prepare(slot, _pixels.AsSpan(slot * size, size)), cancellationToken);
    }

    public void Run(int count)
    {
        var rows = tower.RowsFor(count * _views);
        if (_embeddings.Length < rows * tower.Dimension) _embeddings = new float[rows * tower.Dimension];
        if (_missing.AsSpan(0, count).Contains(false)) tower.Run(_pixels, count * _views, _embeddings);
        if (_views > 1) EmbeddingMath.AverageRows(_embeddings.AsSpan(0, count * _views * tower.Dimension), tower.Dimension, _views);
        for (var slot = 0; slot < count; slot++)
        {
            if (_missing[slot]) Embedding(slot).Span.Fill(float.NaN);
        }
    }

    public bool IsMissing(int slot) => _missing[slot];

    public Memory<float> Embedding(int slot) => _embeddings.AsMemory(slot * tower.Dimension, tower.Dimension);

    public void Dispose()
    {
        if (_pixels.Length > 0) ArrayPool<float>.Shared.Return(_pixels);
        _pixels = [];
    }

    /// <summary>Pooled, since a batch of pixels is 19 MB; grown as the batches grow, so that a pass over one row pays for one.</summary>
    private void Reserve(int length)
    {
        if (_pixels.Length >= length) return;
        Dispose();
        _pixels = ArrayPool<float>.Shared.Rent(length);
    }

    private void Prepare(int slot, Span<float> destination)
    {
        _missing[slot] = false;
        try
        {
            column.Prepare(slot, tower.Preprocessor, destination[..tower.Preprocessor.FloatCount]);
            ImageViews.Fill(views, tower.Preprocessor.Height, tower.Preprocessor.Width, destination);
        }
        catch (Exception e) when (onError == ClipErrorHandling.Missing && e is InvalidDataException or IOException)
        {
            _missing[slot] = true;
            destination.Clear();
            log.ImageMissing(e);
        }
    }
}
