using System.Collections.Concurrent;
using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip.Tests.DataViews;

/// <summary>
/// What is prepared in the background while a batch runs: it ends with the cursor, and nothing it writes into is given back before.
/// </summary>
public sealed class ReadAheadTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly MLContext _ml = new(seed: 1);
    private readonly ConcurrentBag<Batch> _batches = [];
    private readonly ManualResetEventSlim _started = new(), _release = new();
    private bool _wasStopped;

    public void Dispose()
    {
        _started.Dispose();
        _release.Dispose();
    }

    [Fact]
    public void ACursorThatIsClosedStopsIt()
    {
        var cursor = AtTheFirstRow(ahead: token => _wasStopped = token.WaitHandle.WaitOne(Patience));
        Assert.True(_started.Wait(Patience));
        cursor.Dispose();
        Assert.True(_wasStopped);
    }

    [Fact]
    public async Task NothingIsGivenBackBeforeItHasEnded()
    {
        var cursor = AtTheFirstRow(ahead: _ => Assert.True(_release.Wait(Patience, CancellationToken.None)));
        Assert.True(_started.Wait(Patience));
        var closing = Task.Run(cursor.Dispose);
        await Task.Delay(50);
        Assert.All(_batches, batch => Assert.False(batch.IsPreparing && batch.Disposals > 0));
        Assert.False(closing.IsCompleted);
        _release.Set();
        await closing.WaitAsync(Patience);
        Assert.All(_batches, batch => Assert.Equal((1, false), (batch.Disposals, batch.WasDisposedAtWork)));
        Assert.Equal(2, _batches.Count);
    }

    /// <summary>A cursor over batches of one row, that has computed the first and prepares the second in its own time.</summary>
    private DataViewRowCursor AtTheFirstRow(Action<CancellationToken> ahead)
    {
        var input = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 5).Select(i => new Row { Number = i }));
        var columns = new BatchedColumns(
            [new("Doubled", NumberDataViewType.Single)], input.Schema["Number"], 1,
            (row, _, _) =>
            {
                var batch = new Batch(row, token =>
                {
                    _started.Set();
                    ahead(token);
                });
                _batches.Add(batch);
                return batch;
            });
        var view = new BatchedDataView(((IHostEnvironment)_ml).Register("test"), input, columns);
        var cursor = view.GetRowCursor(view.Schema);
        var doubled = cursor.GetGetter<float>(view.Schema["Doubled"]);
        Assert.True(cursor.MoveNext());
        var value = -1f;
        doubled(ref value);
        Assert.Equal(0, value);
        return cursor;
    }

    private sealed class Batch(DataViewRow row, Action<CancellationToken> ahead) : IRowBatch
    {
        private readonly ValueGetter<float> _number = row.GetGetter<float>(row.Schema["Number"]);
        private float _value;

        public bool IsPreparing { get; private set; }

        public int Disposals { get; private set; }

        public bool WasDisposedAtWork { get; private set; }

        public void Read(int slot) => _number(ref _value);

        public void Prepare(int count, CancellationToken cancellationToken)
        {
            if (_value == 0) return;
            IsPreparing = true;
            ahead(cancellationToken);
            IsPreparing = false;
        }

        public void Run(int count) => _value *= 2;

        public Delegate CreateGetter(int output, Func<int> slot) => (ValueGetter<float>)((ref float value) => value = _value);

        public void Dispose()
        {
            Disposals++;
            WasDisposedAtWork |= IsPreparing;
        }
    }

    private sealed class Row
    {
        public float Number { get; set; }
    }
}
