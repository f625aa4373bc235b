using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.ExceptionServices;

namespace Clip.Data;

/// <summary>
/// Records whose reading may not take for ever: a mount that no longer answers blocks its reader in the system, where nothing reaches it.
/// Reads are done by threads of their own; one that does not come back in time is left to itself, and the record is a bad one.
/// </summary>
/// <param name="source">The records; not disposed.</param>
/// <param name="limit">How long a read may take.</param>
internal sealed class TimedRecords(IRecordSource source, TimeSpan limit) : IRecordSource
{
    private readonly ConcurrentBag<Reader> _idle = [];

    public int Count => source.Count;

    public string Fingerprint => source.Fingerprint;

    public IReadOnlyList<KeyValuePair<string, string>> Unusable => source.Unusable;

    public IReadOnlyList<EpochPart> Parts => source.Parts;

    public bool CaptionsAreInMemory => source.CaptionsAreInMemory;

    public string Key(int record) => source.Key(record);

    public long ImageId(int record) => source.ImageId(record);

    public string? ImagePath(int record) => source.ImagePath(record);

    public ImageBytes ReadImage(int record) => (ImageBytes)InTime(() => source.ReadImage(record));

    public IReadOnlyList<string> ReadCaptions(int record) => source.CaptionsAreInMemory
        ? source.ReadCaptions(record)
        : (IReadOnlyList<string>)InTime(() => source.ReadCaptions(record));

    /// <summary>Ends the threads; there are new ones when more is read.</summary>
    public void Dispose()
    {
        while (_idle.TryTake(out var reader)) reader.End();
    }

    private object InTime(Func<object> read)
    {
        if (!_idle.TryTake(out var reader)) reader = new Reader();
        if (!reader.TryRead(read, limit, out var result))
        {
            throw new IOException(string.Create(
                CultureInfo.InvariantCulture,
                $"reading it took more than {limit.TotalSeconds:0.#} seconds; is its disk or network there?"));
        }

        _idle.Add(reader);
        return result.Value ?? throw result.Rethrow();
    }

    /// <summary>What a read came to.</summary>
    private readonly record struct Outcome(object? Value, ExceptionDispatchInfo? Fault)
    {
        public Exception Rethrow()
        {
            Fault!.Throw();
            return Fault.SourceException;
        }
    }

    /// <summary>A thread that reads when it is asked.</summary>
    private sealed class Reader
    {
        private readonly object _gate = new();
        private Func<object>? _read;
        private Outcome? _outcome;
        private bool _abandoned, _ended;

        public Reader() => new Thread(Work) { IsBackground = true, Name = "clip reader" }.Start();

        public bool TryRead(Func<object> read, TimeSpan limit, out Outcome outcome)
        {
            var clock = Stopwatch.StartNew();
            lock (_gate)
            {
                (_outcome, _read) = (null, read);
                Monitor.PulseAll(_gate);
                while (_outcome is null && limit - clock.Elapsed is var left && left > TimeSpan.Zero) Monitor.Wait(_gate, left);
                outcome = _outcome ?? default;
                _abandoned = _outcome is null;
                return !_abandoned;
            }
        }

        public void End()
        {
            lock (_gate)
            {
                _ended = true;
                Monitor.PulseAll(_gate);
            }
        }

        private void Work()
        {
            while (Next() is { } read)
            {
                var outcome = Try(read);
                lock (_gate)
                {
                    if (_abandoned)
                    {
                        (outcome.Value as IDisposable)?.Dispose();
                        return;
                    }

                    (_outcome, _read) = (outcome, null);
                    Monitor.PulseAll(_gate);
                }
            }
        }

        private Func<object>? Next()
        {
            lock (_gate)
            {
                while (_read is null && !_ended) Monitor.Wait(_gate);
                return _ended ? null : _read;
            }
        }

        private static Outcome Try(Func<object> read)
        {
            try
            {
                return new(read(), null);
            }
            catch (Exception e)
            {
                return new(null, ExceptionDispatchInfo.Capture(e)); // for the one who asked
            }
        }
    }
}
