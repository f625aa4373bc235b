using System.Runtime.InteropServices;

namespace Clip.Data.Distributed;

/// <summary>
/// The few functions of Open MPI's C interface that are needed, loaded when a launcher has started this process as one of several. All are
/// called from one thread.
/// </summary>
/// <remarks>
/// Handles are addresses of what the library exports (<c>ompi_mpi_comm_world</c>, …): its binary interface, the same in Open MPI 3 to 5
/// (<c>libmpi.so.40</c>). Errors need no looking at: MPI's own handler, which is left in place, ends the job with a message.
/// </remarks>
internal sealed unsafe class MpiLibrary
{
    /// <summary>In place of a buffer to send: what is received lies there already.</summary>
    private const nint InPlace = 1;

    private const int ThreadSerialized = 2, CommTypeShared = 0;

    private readonly nint _library;
    private readonly nint _world;

    /// <exception cref="ClipException">The library is not there.</exception>
    public MpiLibrary()
        : this(OperatingSystem.IsMacOS() ? "libmpi.40.dylib" : "libmpi.so.40")
    {
    }

    /// <inheritdoc cref="MpiLibrary()"/>
    internal MpiLibrary(string name)
    {
        if (!NativeLibrary.TryLoad(name, out _library))
            throw new ClipException(
                $"This process was started as one of several ranks, and Open MPI's library {name} cannot be loaded; install Open MPI on "
                + "every machine (Debian and Ubuntu: the package openmpi-bin, which brings libopenmpi3).");
        _world = Handle("ompi_mpi_comm_world");
        Float = Handle("ompi_mpi_float");
        Double = Handle("ompi_mpi_double");
        UInt16 = Handle("ompi_mpi_uint16_t");
        Byte = Handle("ompi_mpi_byte");
        Sum = Handle("ompi_mpi_op_sum");
    }

    public nint Float { get; }

    public nint Double { get; }

    public nint UInt16 { get; }

    public nint Byte { get; }

    public nint Sum { get; }

    /// <summary>Starts MPI.</summary>
    /// <returns>This process's number and how many there are, in the job and on this machine.</returns>
    public (int Rank, int Size, int LocalRank, int LocalSize) Init()
    {
        int provided = 0;
        ((delegate* unmanaged<nint, nint, int, int*, int>)Export("MPI_Init_thread"))(0, 0, ThreadSerialized, &provided);
        nint local = 0;
        ((delegate* unmanaged<nint, int, int, nint, nint*, int>)Export("MPI_Comm_split_type"))(
            _world, CommTypeShared, 0, Handle("ompi_mpi_info_null"), &local);
        return (Number("MPI_Comm_rank", _world), Number("MPI_Comm_size", _world),
            Number("MPI_Comm_rank", local), Number("MPI_Comm_size", local));
    }

    public void Finish() => ((delegate* unmanaged<int>)Export("MPI_Finalize"))();

    /// <summary>Ends all ranks; does not return.</summary>
    public void Abort(int code) => ((delegate* unmanaged<nint, int, int>)Export("MPI_Abort"))(_world, code);

    /// <summary>Makes an operation of a function on (in, inout, count, type).</summary>
    public nint CreateOperation(delegate* unmanaged<void*, void*, int*, void*, void> function)
    {
        nint operation = 0;
        ((delegate* unmanaged<void*, int, nint*, int>)Export("MPI_Op_create"))(function, 1, &operation);
        return operation;
    }

    public void AllReduce(nint values, int count, nint type, nint operation) =>
        ((delegate* unmanaged<nint, nint, int, nint, nint, nint, int>)Export("MPI_Allreduce"))(
            InPlace, values, count, type, operation, _world);

    /// <summary>Gathers each rank's bytes; what this rank gives lies in its place already.</summary>
    public void AllGather(nint all, ReadOnlySpan<int> counts, ReadOnlySpan<int> starts)
    {
        fixed (int* count = counts, start = starts)
        {
            ((delegate* unmanaged<nint, int, nint, nint, int*, int*, nint, nint, int>)Export("MPI_Allgatherv"))(
                InPlace, 0, Byte, all, count, start, Byte, _world);
        }
    }

    /// <summary>Begins to bring the first rank's bytes to all.</summary>
    public nint BeginBroadcast(nint values, int count)
    {
        nint request = 0;
        ((delegate* unmanaged<nint, int, nint, int, nint, nint*, int>)Export("MPI_Ibcast"))(values, count, Byte, 0, _world, &request);
        return request;
    }

    /// <summary>Whether something begun is done; the request is then no more.</summary>
    public bool IsDone(ref nint request)
    {
        int done = 0;
        fixed (nint* address = &request)
        {
            ((delegate* unmanaged<nint*, int*, nint, int>)Export("MPI_Test"))(address, &done, 0);
        }

        return done != 0;
    }

    private int Number(string function, nint communicator)
    {
        int value = 0;
        ((delegate* unmanaged<nint, int*, int>)Export(function))(communicator, &value);
        return value;
    }

    private nint Handle(string name) => Export(name);

    private nint Export(string name) => NativeLibrary.TryGetExport(_library, name, out var address)
        ? address
        : throw new ClipException($"The MPI library is not Open MPI's, for it has no {name}; install Open MPI (Debian: openmpi-bin).");
}
