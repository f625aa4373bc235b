namespace Microsoft.ML.Clip.Search.Tests.Indexing;

public sealed class ClipQueryTests
{
    private static readonly float[] East = [1, 0], North = [0, 5];

    [Fact]
    public void PartsCountByTheirDirectionAndWeight()
    {
        Assert.Equal([0.6f, 0.8f], ClipQuery.Combine((East, 3), (North, 4)));
        Assert.Equal([MathF.Sqrt(0.5f), -MathF.Sqrt(0.5f)], ClipQuery.Combine((East, 1), (North, -1)));
        Assert.Equal([0f, 1f], ClipQuery.Combine((North, 0.1f)));
    }

    [Fact]
    public void WhatHasNoDirectionIsRefused()
    {
        Assert.Throws<ArgumentException>(() => ClipQuery.Combine());
        Assert.Throws<ArgumentException>(() => ClipQuery.Combine((East, 1), (East, -1)));
        Assert.Throws<ArgumentException>(() => ClipQuery.Combine((East, 1), (new float[] { 1, 2, 3 }, 1)));
        Assert.Throws<ArgumentException>(() => ClipQuery.Combine((East, float.NaN)));
        Assert.Throws<ArgumentException>(() => ClipQuery.Combine((new float[2], 1)));
    }
}
