using Microsoft.ML.Clip.Inference;

namespace Microsoft.ML.Clip.Tests.Inference;

/// <summary>What fails side by side fails as it would one after the other.</summary>
public sealed class OrderedParallelTests
{
    [Fact]
    public void OfSeveralFailuresTheFirstInOrderIsThrown()
    {
        var error = Assert.Throws<InvalidDataException>(() => OrderedParallel.For(
            8, i => { if (i is 2 or 5 or 7) throw new InvalidDataException($"number {i}"); }, CancellationToken.None));

        Assert.Equal("number 2", error.Message);
    }

    [Fact]
    public void AStopEndsItEarly()
    {
        using var stop = new CancellationTokenSource();
        var begun = 0;

        Assert.ThrowsAny<OperationCanceledException>(() => OrderedParallel.For(
            10_000,
            _ =>
            {
                Interlocked.Increment(ref begun);
                // On a busy machine the one that stops may be put aside in the middle of it.
                if (stop.IsCancellationRequested) Thread.Sleep(1);
                else stop.Cancel();
            },
            stop.Token));

        Assert.InRange(begun, 1, 9_999);
    }
}
