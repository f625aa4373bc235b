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
}
