using System.Diagnostics;
using System.Threading.Channels;

namespace Microsoft.ML.Clip.AspNetCore.Batching;

/// <summary>
/// A bounded queue before a tower. What several requests bring within a few milliseconds runs together; a request with more than
/// fits a run gives way to others after each; one that is canceled leaves the queue.
/// </summary>
/// <typeparam name="T">A prepared input: pixels, or tokens.</typeparam>
internal sealed class Batcher<T> : IAsyncDisposable
{
    private readonly LinkedList<BatchJob<T>> _jobs = [];
    private readonly Lock _gate = new();
    private readonly Channel<bool> _arrivals =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly Func<IReadOnlyList<T>, float[][]> _run;
    private readonly BatchMetrics _metrics;
    private readonly int _maxBatch;
    private readonly TimeSpan _delay;
    private readonly int _limit;
    private readonly Task _worker;
    private int _reserved;
    private int _queued;
    private bool _hadCompany;
    private bool _closed;

    /// <param name="run">Embeds some inputs, in their order.</param>
    /// <param name="maxBatch">The most inputs of a run.</param>
    /// <param name="delay">How long a run waits for more.</param>
    /// <param name="limit">The most inputs in the queue and in the run.</param>
    /// <param name="metrics">What is counted.</param>
    public Batcher(Func<IReadOnlyList<T>, float[][]> run, int maxBatch, TimeSpan delay, int limit, BatchMetrics metrics)
    {
        (_run, _maxBatch, _delay, _limit, _metrics) = (run, maxBatch, delay, limit, metrics);
        metrics.ObserveQueue(() => Volatile.Read(ref _reserved));
        _worker = Task.Run(WorkAsync);
    }

    /// <summary>Places for a request's inputs, taken before they are prepared; null where there are none.</summary>
    public BatchPlaces<T>? TryReserve(int count)
    {
        lock (_gate)
        {
            if (_closed || (_reserved > 0 && _reserved + count > _limit)) return null;
            _reserved += count;
        }

        return new BatchPlaces<T>(this, count);
    }

    /// <summary>Runs what is in the queue to its end, and takes nothing more.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate) _closed = true;
        _arrivals.Writer.TryComplete();
        await _worker.ConfigureAwait(false);
    }

    internal void Release(int count)
    {
        lock (_gate) _reserved -= count;
    }

    /// <summary>Queues inputs and waits for their embeddings.</summary>
    /// <exception cref="OperationCanceledException">The token says so; what has not run will not.</exception>
    /// <exception cref="ObjectDisposedException">The server has stopped.</exception>
    internal async Task<float[][]> RunAsync(IReadOnlyList<T> inputs, CancellationToken cancellation)
    {
        if (inputs.Count == 0) return [];
        var job = new BatchJob<T>(inputs);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            job.Node = _jobs.AddLast(job);
            _queued += inputs.Count;
        }

        _arrivals.Writer.TryWrite(true);
        using var leave = cancellation.Register(() => Leave(job, cancellation));
        return await job.Result.ConfigureAwait(false);
    }

    private void Leave(BatchJob<T> job, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (job.Node?.List is not null)
            {
                _jobs.Remove(job.Node);
                _queued -= job.Left;
            }
        }

        job.Cancel(cancellation);
    }

    private async Task WorkAsync()
    {
        while (await _arrivals.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            _arrivals.Reader.TryRead(out _);
            do
            {
                if (ExpectsMore()) await Task.Delay(_delay).ConfigureAwait(false);
            }
            while (RunNext());
        }

        while (RunNext())
        {
        }
    }

    /// <summary>Whether a run that is not full should wait: there are others, which prepare theirs or were there a run ago.</summary>
    private bool ExpectsMore()
    {
        lock (_gate)
        {
            var hasRoom = _delay > TimeSpan.Zero && !_closed && _queued > 0 && _queued < _maxBatch;
            return hasRoom && (_hadCompany || _reserved > _queued);
        }
    }

    private bool RunNext()
    {
        var batch = Take();
        if (batch.Count == 0) return false;
        Run(batch);
        return true;
    }

    private List<(BatchJob<T> Job, int Index)> Take()
    {
        var batch = new List<(BatchJob<T>, int)>();
        lock (_gate)
        {
            var jobs = 0;
            while (batch.Count < _maxBatch && _jobs.First is { } first)
            {
                var job = first.Value;
                _jobs.RemoveFirst();
                jobs++;
                for (var room = _maxBatch - batch.Count; room > 0 && job.Left > 0; room--)
                {
                    batch.Add((job, job.Next++));
                    _queued--;
                }

                // Behind the others, which have less to wait for then.
                if (job.Left > 0) job.Node = _jobs.AddLast(job);
            }

            if (jobs > 0) _hadCompany = jobs > 1 || _jobs.Count > 0;
        }

        return batch;
    }

    private void Run(List<(BatchJob<T> Job, int Index)> batch)
    {
        // Whoever was canceled since is left out.
        batch.RemoveAll(input => input.Job.IsOver);
        if (batch.Count == 0) return;
        var start = Stopwatch.GetTimestamp();
        try
        {
            var embeddings = _run([.. batch.Select(input => input.Job.Inputs[input.Index])]);
            _metrics.Ran(batch.Count, Stopwatch.GetElapsedTime(start));
            for (var i = 0; i < batch.Count; i++) batch[i].Job.Complete(batch[i].Index, embeddings[i]);
        }
        catch (Exception e)
        {
            // Theirs to tell: it is thrown to each request that waits.
            foreach (var (job, _) in batch) job.Fail(e);
        }
    }
}
