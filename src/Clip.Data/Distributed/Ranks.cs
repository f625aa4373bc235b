using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Clip.Data.Distributed;

/// <summary>In what numbers sums over ranks travel.</summary>
internal enum SumPrecision
{
    /// <summary>float32.</summary>
    Float32,

    /// <summary>IEEE's 16-bit floats.</summary>
    Float16,

    /// <summary>bfloat16.</summary>
    BFloat16,
}

/// <summary>
/// The processes that <c>mpirun</c> has started together, and what they say to each other; a process on its own is the only rank, and
/// nothing of MPI is loaded. What one rank calls, all must call, in the same order.
/// </summary>
/// <remarks>A thread of its own speaks to MPI, in the order of the calls, so that a sum goes on while others are computed.</remarks>
internal sealed class Ranks
{
    private const int MostBytesAtOnce = 1 << 28;
    private readonly MpiLibrary? _mpi;
    private readonly BlockingCollection<Action> _work = [];
    private readonly Dictionary<SumPrecision, (nint Type, nint Operation)> _sums = [];

    private Ranks() => (Size, LocalSize) = (1, 1);

    private unsafe Ranks(MpiLibrary mpi)
    {
        _mpi = mpi;
        new Thread(Work) { IsBackground = true, Name = "clip mpi" }.Start();
        Do(() =>
        {
            (Rank, Size, LocalRank, LocalSize) = mpi.Init();
            _sums[SumPrecision.Float32] = (mpi.Float, mpi.Sum);
            _sums[SumPrecision.Float16] = (mpi.UInt16, mpi.CreateOperation(&HalfSums.Float16));
            _sums[SumPrecision.BFloat16] = (mpi.UInt16, mpi.CreateOperation(&HalfSums.BFloat16));
        });
    }

    /// <summary>A process on its own.</summary>
    public static Ranks Alone { get; } = new();

    /// <summary>This process's number, from 0 on.</summary>
    public int Rank { get; private set; }

    /// <summary>How many there are.</summary>
    public int Size { get; private set; }

    /// <summary>This process's number on its machine: which GPU it takes.</summary>
    public int LocalRank { get; private set; }

    /// <summary>How many share its machine.</summary>
    public int LocalSize { get; private set; }

    /// <summary>Whether this is the one that logs and writes.</summary>
    public bool IsFirst => Rank == 0;

    /// <summary>Whether there are others.</summary>
    public bool AreSeveral => Size > 1;

    /// <summary>The processors that are this rank's: those it is bound to, or its share of the machine's.</summary>
    public int Processors => AreSeveral
        ? Math.Clamp(ProcessorsOfTheMachine() / LocalSize, 1, Environment.ProcessorCount)
        : Environment.ProcessorCount;

    /// <summary>How long this rank has waited for MPI and so for other ranks, over all calls.</summary>
    public double WaitSeconds { get; private set; }

    /// <summary>Joins the job that this process was started in.</summary>
    /// <param name="environment">What the launcher has said; null for this process's.</param>
    /// <exception cref="ClipException">It was started as one of several and Open MPI is missing, or does not know the others.</exception>
    public static Ranks Join(JobEnvironment? environment = null)
    {
        var size = (environment ?? JobEnvironment.OfThisProcess).Size;
        if (size == 1) return Alone;
        var ranks = new Ranks(new MpiLibrary());
        if (size is { } told && ranks.Size != told)
            throw new ClipException(
                $"The launcher started {told} ranks, and Open MPI sees {ranks.Size}; start them by Open MPI's own mpirun, or by srun "
                + "--mpi=pmix with an Open MPI that was built for it.");
        return ranks;
    }

    /// <summary>Leaves the job when all have done so.</summary>
    public void Leave()
    {
        if (_mpi is null) return;
        Do(_mpi.Finish);
        _work.CompleteAdding();
    }

    /// <summary>Ends all ranks at once; does not return where there are others.</summary>
    public void Abort(int code)
    {
        // Not by the thread that speaks to MPI: it may be waiting for a rank that will never come.
        _mpi?.Abort(code);
    }

    /// <summary>Sums each number over all ranks, in place.</summary>
    public unsafe void Sum(Span<double> values)
    {
        if (_mpi is not { } mpi) return;
        fixed (double* first = values)
        {
            var (address, count) = ((nint)first, values.Length);
            Do(() => mpi.AllReduce(address, count, mpi.Double, mpi.Sum));
        }
    }

    /// <summary>Begins to sum each number over all ranks, in place; the memory must stay until the result says that it is done.</summary>
    /// <param name="address">The first number.</param>
    /// <param name="count">How many.</param>
    /// <param name="precision">What they are.</param>
    public Pending BeginSum(nint address, long count, SumPrecision precision) => Begin(() =>
    {
        if (_mpi is null) return;
        var (type, operation) = _sums[precision];
        var width = precision == SumPrecision.Float32 ? 4 : 2;
        var most = MostBytesAtOnce / width;
        for (long done = 0; done < count; done += most)
            _mpi.AllReduce((nint)(address + (done * width)), (int)Math.Min(most, count - done), type, operation);
    });

    /// <summary>Brings every rank's numbers to all.</summary>
    /// <param name="mine">This rank's; each has as many.</param>
    /// <returns>[<see cref="Size"/>][as many].</returns>
    public double[][] Gather(params ReadOnlySpan<double> mine)
    {
        // Zeros elsewhere, and a sum: one message for a few numbers.
        var all = new double[Size * mine.Length];
        mine.CopyTo(all.AsSpan(Rank * mine.Length));
        Sum(all);
        return [.. all.Chunk(Math.Max(1, mine.Length))];
    }

    /// <summary>Brings every rank's bytes to all.</summary>
    /// <param name="mine">This rank's.</param>
    /// <param name="counts">How many bytes each rank has; null asks.</param>
    /// <returns>Those of the ranks, one behind the other.</returns>
    public unsafe byte[] Gather(ReadOnlySpan<byte> mine, int[]? counts = null)
    {
        if (_mpi is not { } mpi) return mine.ToArray();
        counts ??= [.. Gather((double)mine.Length).Select(c => (int)c[0])];
        var starts = new int[Size];
        for (var i = 1; i < Size; i++) starts[i] = checked(starts[i - 1] + counts[i - 1]);
        var all = GC.AllocateUninitializedArray<byte>(checked(starts[^1] + counts[^1]));
        mine.CopyTo(all.AsSpan(starts[Rank]));
        fixed (byte* first = all)
        {
            var address = (nint)first;
            Do(() => mpi.AllGather(address, counts, starts));
        }

        return all;
    }

    /// <summary>Brings every rank's values to all, in the order of the ranks.</summary>
    public IReadOnlyList<T> GatherAll<T>(IReadOnlyList<T> mine)
    {
        if (_mpi is null) return mine;
        var bytes = JsonSerializer.SerializeToUtf8Bytes(mine);
        var counts = Gather((double)bytes.Length).Select(c => (int)c[0]).ToArray();
        var (all, start, values) = (Gather(bytes, counts), 0, new List<T>());
        foreach (var count in counts)
        {
            values.AddRange(JsonSerializer.Deserialize<List<T>>(all.AsSpan(start, count))!);
            start += count;
        }

        return values;
    }

    /// <summary>Overwrites bytes with the first rank's; the others wait as long as it takes, without keeping a processor busy.</summary>
    public unsafe void Broadcast(Span<byte> values)
    {
        if (_mpi is not { } mpi) return;
        fixed (byte* first = values)
        {
            var (address, count) = ((nint)first, values.Length);
            Do(() =>
            {
                for (var done = 0; done < count; done += MostBytesAtOnce)
                {
                    var request = mpi.BeginBroadcast(address + done, Math.Min(MostBytesAtOnce, count - done));
                    var clock = Stopwatch.StartNew();
                    while (!mpi.IsDone(ref request)) Thread.Sleep(clock.ElapsedMilliseconds < 2 ? 0 : 1);
                }
            });
        }
    }

    /// <summary>What the first rank makes, brought to all; the others make nothing.</summary>
    public T FromFirst<T>(Func<T> make)
    {
        if (_mpi is null) return make();
        var bytes = IsFirst ? JsonSerializer.SerializeToUtf8Bytes(make()) : [];
        Span<long> length = [bytes.Length];
        Broadcast(MemoryMarshal.AsBytes(length));
        if (!IsFirst) bytes = new byte[length[0]];
        Broadcast(bytes);
        return JsonSerializer.Deserialize<T>(bytes)!;
    }

    /// <summary>Waits until all are here.</summary>
    public void Meet() => Gather(0.0);

    /// <summary>Those of the machine, whatever this process is bound to.</summary>
    private static int ProcessorsOfTheMachine()
    {
        const string folder = "/sys/devices/system/cpu";
        var found = Directory.Exists(folder) ? Directory.GetDirectories(folder, "cpu?*").Count(d => char.IsDigit(d[^1])) : 0;
        return Math.Max(found, Environment.ProcessorCount);
    }

    private Pending Begin(Action work)
    {
        var pending = new Pending(this);
        if (_mpi is null) pending.Do(work);
        else _work.Add(() => pending.Do(work));
        return pending;
    }

    private void Do(Action work) => Begin(work).Wait();

    private void Work()
    {
        foreach (var work in _work.GetConsumingEnumerable()) work();
    }

    /// <summary>Something begun.</summary>
    internal sealed class Pending(Ranks ranks)
    {
        private readonly TaskCompletionSource _done = new();

        /// <summary>Waits for its end.</summary>
        public void Wait()
        {
            var start = Stopwatch.GetTimestamp();
            _done.Task.GetAwaiter().GetResult();
            ranks.WaitSeconds += Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        internal void Do(Action work)
        {
            try
            {
                work();
                _done.SetResult();
            }
            catch (Exception e)
            {
                _done.SetException(e); // for the one who waits
            }
        }
    }
}
