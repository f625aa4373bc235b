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

    [Fact]
    public void AnotherErrorIsNot() => Assert.False(OutOfMemory.Is(new InvalidOperationException("The size of tensor a (2) must match")));
}
