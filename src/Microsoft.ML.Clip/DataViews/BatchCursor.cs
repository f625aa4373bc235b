using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.DataViews;

/// <summary>
/// Reads ahead and computes a batch at a time, when the first value is asked for. Batches grow 1, 4, 16 … so that <c>Preview</c> and
/// <c>Take(1)</c> stay cheap; from the first full batch on, the next one is prepared in the background while the current one runs.
/// Never more than two batches are held.
/// </summary>
internal sealed class BatchCursor : DataViewRowCursor
{
    /// <summary>How fast batches grow: small ones cost speed, 16 % at a batch of one.</summary>
    private const int Growth = 4;

    private readonly DataViewRowCursor _input;
    private readonly BatchedBindings _bindings;
    private readonly bool[] _active;
    private readonly BatchLog _log;
    private readonly int _capacity;
    private readonly BatchBuffer _first;
    private readonly CancellationTokenSource _cancellation = new();
    private BatchBuffer _current;
    private BatchBuffer _next;
    private long _position = -1;
    private int _size = 1;
    private bool _isFull;
    private bool _inputEnded;
    private bool _ended;
    private bool _disposed;

    public BatchCursor(DataViewRowCursor input, BatchedBindings bindings, BatchedColumns columns, bool[] active, BatchLog log)
    {
        (_input, _bindings, _active, _log, _capacity) = (input, bindings, active, log, columns.BatchSize);
        _first = _current = new BatchBuffer(input, columns, active, _capacity, log);
        _next = new BatchBuffer(input, columns, active, _capacity, log);
    }

    public override DataViewSchema Schema => _bindings.Schema;

    public override long Position => _position;

    public override long Batch => _position < 0 ? 0 : _current.Batch;

    public override bool IsColumnActive(DataViewSchema.Column column) => _active[column.Index];

    public override bool MoveNext()
    {
        if (_disposed || _ended) return false;
        if (_position >= 0 && _current.Slot + 1 < _current.Count)
        {
            _current.Slot++;
            _position++;
            return true;
        }

        _log.CheckAlive();
        (_current, _next) = (_next, _current);
        _next.Clear();
        if (!_current.IsFilled && !_inputEnded) Fill(_current, ahead: false);
        _current.ThrowReadFailure();
        if (_current.Count == 0) return End();
        _current.Slot = 0;
        _position++;
        return true;
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) =>
    {
        CheckPosition();
        id = _current.Id;
    };

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!_active[column.Index]) throw new InvalidOperationException($"Column '{column.Name}' is not active.");
        var isInput = _bindings.IsInput(column.Index);
        var other = ReferenceEquals(_first, _current) ? _next : _current;
        var fromFirst = Getter<TValue>(_first, column);
        var fromOther = Getter<TValue>(other, column);
        return (ref TValue value) =>
        {
            CheckPosition();
            if (!isInput) EnsureRun();
            (ReferenceEquals(_current, _first) ? fromFirst : fromOther)(ref value);
        };
    }

    protected override void Dispose(bool disposing)
    {
        if (_disposed) return;
        _disposed = true;
        if (disposing)
        {
            _cancellation.Cancel();
            _current.Dispose();
            _next.Dispose();
            _cancellation.Dispose();
            _input.Dispose();
            _log.Report();
        }

        base.Dispose(disposing);
    }

    private bool End()
    {
        _ended = true;
        _position = -1;
        return false;
    }

    private void CheckPosition()
    {
        if (_position < 0) throw new InvalidOperationException("The cursor is not on a row: call MoveNext first.");
    }

    private void EnsureRun()
    {
        if (_current.HasRun) return;
        _current.Prepare(_cancellation.Token);
        if (_isFull && !_inputEnded && !_next.IsFilled) Fill(_next, ahead: true);
        _current.Run();
    }

    private void Fill(BatchBuffer buffer, bool ahead)
    {
        if (ahead) buffer.FillAhead(_size, _cancellation.Token);
        else buffer.Fill(_size);
        _inputEnded = buffer.Count < _size;
        _isFull |= buffer.Count == _capacity;
        _size = (int)Math.Min(_capacity, (long)_size * Growth);
    }

    private ValueGetter<TValue> Getter<TValue>(BatchBuffer buffer, DataViewSchema.Column column) =>
        buffer.CreateGetter(_bindings, column.Index) as ValueGetter<TValue>
        ?? throw new InvalidOperationException($"Column '{column.Name}' is of type {column.Type}, not {typeof(TValue)}.");
}
