using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip.DataViews;

/// <summary>The row-by-row way through the same computation, for <c>PredictionEngine</c>: batches of one.</summary>
internal sealed class BatchedRowMapper(IHost host, DataViewSchema input, BatchedColumns columns) : IRowToRowMapper
{
    private readonly BatchedBindings _bindings = new(input, columns);

    public DataViewSchema InputSchema => input;

    public DataViewSchema OutputSchema => _bindings.Schema;

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) =>
        _bindings.Dependencies(_bindings.Active(dependingColumns));

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns) =>
        new BatchedRow(input, _bindings, columns, _bindings.Active(activeColumns), new BatchLog(host, columns.Input.Name));
}

/// <summary>A row whose computed values are computed once per position of its input row.</summary>
internal sealed class BatchedRow : DataViewRow
{
    private readonly DataViewRow _input;
    private readonly BatchedBindings _bindings;
    private readonly bool[] _active;
    private readonly BatchLog _log;
    private readonly IRowBatch? _batch;
    private long _computed = long.MinValue;

    public BatchedRow(DataViewRow input, BatchedBindings bindings, BatchedColumns columns, bool[] active, BatchLog log)
    {
        (_input, _bindings, _active, _log) = (input, bindings, active, log);
        _batch = bindings.AnyOutput(active) ? columns.CreateBatch(input, 1, log) : null;
    }

    public override DataViewSchema Schema => _bindings.Schema;

    public override long Position => _input.Position;

    public override long Batch => _input.Batch;

    public override bool IsColumnActive(DataViewSchema.Column column) =>
        _bindings.IsInput(column.Index) ? _input.IsColumnActive(_input.Schema[column.Index]) : _active[column.Index];

    public override ValueGetter<DataViewRowId> GetIdGetter() => _input.GetIdGetter();

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (_bindings.IsInput(column.Index)) return _input.GetGetter<TValue>(_input.Schema[column.Index]);
        if (!_active[column.Index] || _batch is null) throw new InvalidOperationException($"Column '{column.Name}' is not active.");
        var getter = _batch.CreateGetter(_bindings.OutputIndex(column.Index), () => 0) as ValueGetter<TValue>
            ?? throw new InvalidOperationException($"Column '{column.Name}' is of type {column.Type}, not {typeof(TValue)}.");
        return (ref TValue value) =>
        {
            Compute(_batch);
            getter(ref value);
        };
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _batch?.Dispose();
            _input.Dispose();
            _log.Report();
        }

        base.Dispose(disposing);
    }

    private void Compute(IRowBatch batch)
    {
        if (_computed == _input.Position) return;
        _log.CheckAlive();
        batch.Read(0);
        batch.Prepare(1, CancellationToken.None);
        batch.Run(1);
        _computed = _input.Position;
    }
}
