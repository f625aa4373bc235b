namespace Microsoft.ML.Clip.DataViews;

/// <summary>Columns computed a batch of rows at a time, bound to one input schema. Thread-safe: state lives in the batches.</summary>
/// <param name="Outputs">The columns added.</param>
/// <param name="Input">The input column they are computed from.</param>
/// <param name="BatchSize">Rows in a full batch.</param>
/// <param name="CreateBatch">Makes room for so many of the rows that a row passes over.</param>
internal sealed record BatchedColumns(
    IReadOnlyList<DataViewSchema.DetachedColumn> Outputs,
    DataViewSchema.Column Input,
    int BatchSize,
    Func<DataViewRow, int, BatchLog, IRowBatch> CreateBatch);

/// <summary>The rows of one batch. Used by one thread at a time; disposing gives its buffers back.</summary>
internal interface IRowBatch : IDisposable
{
    /// <summary>Takes the current row's input into a slot. On the cursor's thread, so cheap.</summary>
    void Read(int slot);

    /// <summary>Makes the first <paramref name="count"/> slots ready to run. On any thread, perhaps while another batch runs.</summary>
    void Prepare(int count, CancellationToken cancellationToken);

    /// <summary>Computes the outputs of the first <paramref name="count"/> slots.</summary>
    void Run(int count);

    /// <summary>A <c>ValueGetter</c> of one output, at the slot that <paramref name="slot"/> tells.</summary>
    Delegate CreateGetter(int output, Func<int> slot);
}
