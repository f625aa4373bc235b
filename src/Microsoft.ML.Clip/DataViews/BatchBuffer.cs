using System.Runtime.ExceptionServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.DataViews;

/// <summary>One batch of a cursor: the rows' passed-through values and identities, and the computation over them.</summary>
internal sealed class BatchBuffer : IDisposable
{
    private readonly DataViewRowCursor _input;
    private readonly IRowBatch _rows;
    private readonly ColumnBuffer?[] _passed;
    private readonly ValueGetter<DataViewRowId> _id;
    private readonly DataViewRowId[] _ids;
    private readonly long[] _batches;
    private Task? _preparation;
    private ExceptionDispatchInfo? _readFailure;
    private bool _prepared;
    private bool _ran;

    public BatchBuffer(DataViewRowCursor input, BatchedColumns columns, bool[] active, int capacity, BatchLog log)
    {
        _input = input;
        _rows = columns.CreateBatch(input, capacity, log);
        _passed = [.. input.Schema.Select(c => active[c.Index] ? ColumnBuffer.Create(input, c, capacity) : null)];
        _id = input.GetIdGetter();
        _ids = new DataViewRowId[capacity];
        _batches = new long[capacity];
    }

    public int Count { get; private set; }

    /// <summary>The current row's place.</summary>
    public int Slot { get; set; }

    public bool IsFilled { get; private set; }

    public long Batch => _batches[Slot];

    public DataViewRowId Id => _ids[Slot];

    /// <summary>Reads up to <paramref name="size"/> rows. Fewer means that the input has ended.</summary>
    public void Fill(int size)
    {
        Clear();
        while (Count < size && _input.MoveNext())
        {
            _rows.Read(Count);
            foreach (var column in _passed) column?.Read(Count);
            _id(ref _ids[Count]);
            _batches[Count++] = _input.Batch;
        }

        IsFilled = true;
    }

    /// <summary>Reads ahead and starts preparing in the background. A failure is kept until these rows are asked for.</summary>
    public void FillAhead(int size, CancellationToken cancellationToken)
    {
        try
        {
            Fill(size);
            if (Count > 0) _preparation = Task.Run(() => _rows.Prepare(Count, cancellationToken), CancellationToken.None);
        }
        catch (Exception e)
        {
            _readFailure = ExceptionDispatchInfo.Capture(e);
            IsFilled = true;
        }
    }

    public void ThrowReadFailure() => _readFailure?.Throw();

    public void Clear()
    {
        Count = 0;
        IsFilled = _prepared = _ran = false;
        _preparation = null;
        _readFailure = null;
    }

    /// <summary>Whether the outputs are there.</summary>
    public bool HasRun => _ran;

    public void Prepare(CancellationToken cancellationToken)
    {
        if (_prepared) return;
        if (_preparation is not null) _preparation.GetAwaiter().GetResult();
        else _rows.Prepare(Count, cancellationToken);
        _prepared = true;
    }

    public void Run()
    {
        _rows.Run(Count);
        _ran = true;
    }

    public Delegate CreateGetter(BatchedBindings bindings, int column) =>
        bindings.IsInput(column) ? _passed[column]!.CreateGetter(() => Slot) : _rows.CreateGetter(bindings.OutputIndex(column), () => Slot);

    /// <summary>Waits for a preparation that nobody will ask for (its failure is nobody's either) and gives the buffers back.</summary>
    public void Dispose()
    {
        if (_preparation is not null) Task.WaitAny(_preparation);
        _rows.Dispose();
    }
}
