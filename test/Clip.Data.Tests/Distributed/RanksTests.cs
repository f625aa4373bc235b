using System.Runtime.InteropServices;
using Clip.Data.Distributed;

namespace Clip.Data.Tests.Distributed;

/// <summary>A process on its own says everything to itself, and needs no MPI.</summary>
public sealed class RanksTests
{
    [Fact]
    public void TheOnlyRankIsTheFirst()
    {
        var alone = Ranks.Alone;

        Assert.Equal((0, 1, 0, 1), (alone.Rank, alone.Size, alone.LocalRank, alone.LocalSize));
        Assert.Equal((true, false, Environment.ProcessorCount), (alone.IsFirst, alone.AreSeveral, alone.Processors));
        alone.Meet();
        alone.Leave();
        alone.Abort(3); // ends nobody else
    }

    [Fact]
    public void WhatIsGatheredIsItsOwn()
    {
        var alone = Ranks.Alone;
        double[] numbers = [1.5, -2];
        byte[] bytes = [1, 2, 3];
        string[] texts = ["a", "b"];

        alone.Sum(numbers);
        alone.Broadcast(bytes);

        Assert.Equal([1.5, -2], numbers);
        Assert.Equal([1.5, -2], Assert.Single(alone.Gather(numbers)));
        Assert.Empty(alone.Gather(Array.Empty<double>()));
        Assert.Equal<byte>([1, 2, 3], alone.Gather(bytes));
        Assert.NotSame(bytes, alone.Gather(bytes));
        Assert.Same(texts, alone.GatherAll(texts));
        Assert.Equal(7, alone.FromFirst(() => 7));
    }

    [Fact]
    public void ASumThatIsBegunIsDone()
    {
        float[] values = [1, 2];
        var handle = GCHandle.Alloc(values, GCHandleType.Pinned);
        try
        {
            var before = Ranks.Alone.WaitSeconds;
            Ranks.Alone.BeginSum(handle.AddrOfPinnedObject(), 2, SumPrecision.Float32).Wait();

            Assert.Equal([1, 2], values);
            Assert.True(Ranks.Alone.WaitSeconds >= before);
        }
        finally
        {
            handle.Free();
        }
    }

    [Fact]
    public void WithoutOpenMpiItIsSaidHowToGetIt()
    {
        var error = Assert.Throws<ClipException>(() => new MpiLibrary("libmpi-that-is-not-there.so"));

        Assert.Contains("Open MPI's library libmpi-that-is-not-there.so cannot be loaded", error.Message, StringComparison.Ordinal);
        Assert.Contains("openmpi-bin", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Another library of the name has not what is called.</summary>
    [SkippableFact]
    public void AnotherLibraryIsNotOpenMpis()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The C library has another name elsewhere.");

        var error = Assert.Throws<ClipException>(() => new MpiLibrary("libc.so.6"));

        Assert.Contains("is not Open MPI's, for it has no ompi_mpi_comm_world", error.Message, StringComparison.Ordinal);
    }
}
