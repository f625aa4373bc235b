using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests.DataViews;

/// <summary>
/// Data that counts how often it is opened, read and closed, and keeps which columns were asked for. Its rows have ids and batches of their
/// own, and it may fail at one of them.
/// </summary>
internal sealed class TrackedView(IDataView data, long failingRow = long.MaxValue) : IDataView
{
    private int _opened;
    private int _closed;
    private long _rows;

    public int Opened => _opened;

    /// <summary>Cursors disposed; one that is disposed twice counts twice.</summary>
    public int Closed => _closed;

    /// <summary>Rows read by all cursors together.</summary>
    public long Rows => Interlocked.Read(ref _rows);

    /// <summary>The columns that each cursor was asked for.</summary>
    public List<string> Asked { get; } = [];

    public DataViewSchema Schema => data.Schema;

    public bool CanShuffle => data.CanShuffle;

    public long? GetRowCount() => data.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) =>
        Track(data.GetRowCursor(columnsNeeded, rand), columnsNeeded);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        Array.ConvertAll(data.GetRowCursorSet(columnsNeeded, n, rand), cursor => Track(cursor, columnsNeeded));

    public static DataViewRowId IdOf(long position) => new((ulong)position * 7, 5);

    public static long BatchOf(long position) => 5 + (position / 3);

    private Cursor Track(DataViewRowCursor cursor, IEnumerable<DataViewSchema.Column> columns)
    {
        Asked.Add(string.Join(", ", columns.Select(c => c.Name)));
        Interlocked.Increment(ref _opened);
        return new Cursor(this, cursor, failingRow);
    }

    private sealed class Cursor(TrackedView owner, DataViewRowCursor inner, long failingRow) : DataViewRowCursor
    {
        public override DataViewSchema Schema => inner.Schema;

        public override long Position => inner.Position;

        public override long Batch => BatchOf(inner.Position);

        public override bool MoveNext()
        {
            if (inner.Position + 1 == failingRow) throw new IOException($"Row {failingRow} is not to be had.");
            if (!inner.MoveNext()) return false;
            Interlocked.Increment(ref owner._rows);
            return true;
        }

        public override bool IsColumnActive(DataViewSchema.Column column) => inner.IsColumnActive(column);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => inner.GetGetter<TValue>(column);

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = IdOf(inner.Position);

        protected override void Dispose(bool disposing)
        {
            Interlocked.Increment(ref owner._closed);
            inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
