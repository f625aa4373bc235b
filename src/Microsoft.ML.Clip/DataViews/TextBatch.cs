using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.DataViews;

/// <summary>The texts of a batch of rows: tokenized in parallel, cut to the longest, embedded in one run.</summary>
internal sealed class TextBatch : IRowBatch
{
    private readonly TextTower _tower;
    private readonly bool _normalize;
    private readonly ClipEmptyTextHandling _onEmpty;
    private readonly BatchLog _log;
    private readonly DataViewRow _row;
    private readonly string _column;
    private readonly long[] _positions;
    private readonly bool[] _missing;
    private readonly ValueGetter<ReadOnlyMemory<char>> _getter;
    private readonly ReadOnlyMemory<char>[] _texts;
    private readonly int[][] _tokens;
    private float[] _embeddings = [];

    public TextBatch(TextTower tower, DataViewRow row, DataViewSchema.Column column, int capacity, bool normalize,
        ClipEmptyTextHandling onEmpty, BatchLog log)
    {
        (_tower, _normalize, _onEmpty, _log) = (tower, normalize, onEmpty, log);
        (_row, _column) = (row, column.Name);
        _getter = row.GetGetter<ReadOnlyMemory<char>>(row.Schema[column.Index]);
        _texts = new ReadOnlyMemory<char>[capacity];
        _tokens = new int[capacity][];
        _positions = new long[capacity];
        _missing = new bool[capacity];
    }

    public void Read(int slot)
    {
        _getter(ref _texts[slot]);
        _positions[slot] = _row.Position;
    }

    public void Prepare(int count, CancellationToken cancellationToken) => OrderedParallel.For(count, Tokenize, cancellationToken);

    public void Run(int count)
    {
        if (_embeddings.Length < count * _tower.Dimension) _embeddings = new float[count * _tower.Dimension];
        var embeddings = _embeddings.AsMemory(0, count * _tower.Dimension);
        _tower.Run(_tokens.AsSpan(0, count), embeddings);
        if (_normalize) EmbeddingMath.NormalizeRows(embeddings.Span, _tower.Dimension);
        for (var slot = 0; slot < count; slot++)
        {
            if (_missing[slot]) embeddings.Span.Slice(slot * _tower.Dimension, _tower.Dimension).Fill(float.NaN);
        }
    }

    public Delegate CreateGetter(int output, Func<int> slot) =>
        VectorColumns.VectorGetter(_tower.Dimension, () => _embeddings.AsMemory(slot() * _tower.Dimension, _tower.Dimension));

    public void Dispose()
    {
        // Nothing that is worth giving back.
    }

    private void Tokenize(int slot)
    {
        var isEmpty = _texts[slot].Span.IsWhiteSpace();
        if (isEmpty && _onEmpty == ClipEmptyTextHandling.Throw)
            throw new InvalidDataException($"Row {_positions[slot]} has no text in column '{_column}'.");
        _missing[slot] = isEmpty && _onEmpty == ClipEmptyTextHandling.Missing;
        if (isEmpty) _log.TextEmpty(_missing[slot]);
        _tokens[slot] = _tower.Tokenize(_texts[slot].ToString(), out var truncated);
        if (truncated) _log.TextTruncated();
    }
}
