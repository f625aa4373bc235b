using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip.DataViews;

/// <summary>
/// A data view with columns computed a batch at a time. ML.NET's own transforms compute row by row, one session run each.
/// </summary>
internal sealed class BatchedDataView(IHost host, IDataView input, BatchedColumns columns) : IDataView
{
    /// <summary>From this pass on, computing everything anew is surely not what the user wants.</summary>
    private const int PassesBeforeWarning = 3;

    private readonly BatchedBindings _bindings = new(input.Schema, columns);
    private int _passes;

    public DataViewSchema Schema => _bindings.Schema;

    public bool CanShuffle => input.CanShuffle;

    public long? GetRowCount() => input.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var active = _bindings.Active(columnsNeeded);
        CountPass(active);
        return Wrap(input.GetRowCursor(_bindings.Dependencies(active), rand), active);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        var active = _bindings.Active(columnsNeeded);
        CountPass(active);
        return Array.ConvertAll(input.GetRowCursorSet(_bindings.Dependencies(active), n, rand), cursor => Wrap(cursor, active));
    }

    private DataViewRowCursor Wrap(DataViewRowCursor cursor, bool[] active) => _bindings.AnyOutput(active)
        ? new BatchCursor(cursor, _bindings, columns, active, new BatchLog(host, columns.Input.Name))
        : new RelabelingCursor(cursor, _bindings, active);

    private void CountPass(bool[] active)
    {
        if (!_bindings.AnyOutput(active) || Interlocked.Increment(ref _passes) != PassesBeforeWarning) return;
        using var channel = host.Start("GetRowCursor");
        channel.Warning(MessageSensitivity.Schema,
            "Column '{0}' is being computed for the third time from the same data; put AppendCacheCheckpoint(mlContext) after this step.",
            columns.Outputs[0].Name);
    }
}
