using Clip.Trainer.Training;
using TorchSharp;

namespace Clip.Trainer.Tests.Training;

public sealed class OutOfMemoryTests
{
    [Fact]
    public void LibtorchsIsKnown()
    {
        var e = Record.Exception(() => torch.empty(1L << 45).Dispose());

        Assert.NotNull(e);
        Assert.True(OutOfMemory.Is(e), e.ToString());
        Assert.Contains("batches of 64 pairs; lower `BatchSize`", OutOfMemory.Tell(e, 64).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[enforce fail at alloc_cpu.cpp:119] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")]
    [InlineData("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes.")]
    [InlineData("CUDA out of memory. Tried to allocate 2.00 GiB.")]
    [InlineData("Out of memory")]
    public void EveryWayOfSayingItIsKnown(string message)
    {
        Assert.True(OutOfMemory.Is(new InvalidOperationException(message)));
        Assert.True(OutOfMemory.Is(new InvalidOperationException("A task failed.", new AggregateException(new IOException(message)))));
        Assert.True(OutOfMemory.Is(new InsufficientMemoryException("")));
    }

    [Fact]
    public async Task OnlyALackOfMemoryIsToldAsOne()
    {
        Assert.Equal(5, await OutOfMemory.ToldAsync(64, () => Task.FromResult(5)));
        var told = await Assert.ThrowsAsync<ClipException>(
            () => OutOfMemory.ToldAsync<int>(64, () => throw new InvalidOperationException("CUDA out of memory.")));
        Assert.StartsWith("Memory ran out with batches of 64 pairs", told.Message, StringComparison.Ordinal);
        Assert.IsType<InvalidOperationException>(told.InnerException);
        await Assert.ThrowsAsync<IOException>(() => OutOfMemory.ToldAsync<int>(64, () => throw new IOException("The disk is full.")));
    }

    [Fact]
    public void AnotherErrorIsNot() => Assert.False(OutOfMemory.Is(new InvalidOperationException("The size of tensor a (2) must match")));
}
