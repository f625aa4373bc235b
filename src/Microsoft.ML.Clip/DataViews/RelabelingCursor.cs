using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.DataViews;

/// <summary>
/// The cursor where no computed column is asked for: the input's, under the output's schema. Nothing is read ahead or computed.
/// </summary>
internal sealed class RelabelingCursor(DataViewRowCursor input, BatchedBindings bindings, bool[] active) : DataViewRowCursor
{
    public override DataViewSchema Schema => bindings.Schema;

    public override long Position => input.Position;

    public override long Batch => input.Batch;

    public override bool MoveNext() => input.MoveNext();

    public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

    public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => active[column.Index]
        ? input.GetGetter<TValue>(input.Schema[column.Index])
        : throw new InvalidOperationException($"Column '{column.Name}' is not active.");

    protected override void Dispose(bool disposing)
    {
        if (disposing) input.Dispose();
        base.Dispose(disposing);
    }
}
