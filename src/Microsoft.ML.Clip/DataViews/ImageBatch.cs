namespace Microsoft.ML.Clip;

/// <summary>The images of a batch of rows: prepared in parallel, embedded in one run.</summary>
internal sealed class ImageBatch(ImageTower tower, ImageColumn column, int capacity, ClipErrorHandling onError, BatchLog log)
{
    private readonly bool[] _missing = new bool[capacity];
    private float[] _pixels = [];
    private float[] _embeddings = [];

    public void Read(int slot) => column.Read(slot);

    public void Prepare(int count, CancellationToken cancellation)
    {
        // Grown as the batches grow: a pass that ends after one row pays for one.
        var size = tower.Preprocessor.FloatCount;
        var rows = tower.RowsFor(count);
        if (_pixels.Length < rows * size) _pixels = GC.AllocateUninitializedArray<float>(rows * size);
        OrderedParallel.For(count, slot => Prepare(slot, _pixels.AsSpan(slot * size, size)), cancellation);
    }

    public void Run(int count)
    {
        var rows = tower.RowsFor(count);
        if (_embeddings.Length < rows * tower.Dimension) _embeddings = new float[rows * tower.Dimension];
        if (_missing.AsSpan(0, count).Contains(false)) tower.Run(_pixels, count, _embeddings);
        for (var slot = 0; slot < count; slot++)
        {
            if (_missing[slot]) Embedding(slot).Span.Fill(float.NaN);
        }
    }

    public bool IsMissing(int slot) => _missing[slot];

    public Memory<float> Embedding(int slot) => _embeddings.AsMemory(slot * tower.Dimension, tower.Dimension);

    private void Prepare(int slot, Span<float> destination)
    {
        _missing[slot] = false;
        try
        {
            column.Prepare(slot, tower.Preprocessor, destination);
        }
        catch (Exception e) when (onError == ClipErrorHandling.Missing && e is InvalidDataException or IOException)
        {
            _missing[slot] = true;
            destination.Clear();
            log.ImageMissing(e);
        }
    }
}
