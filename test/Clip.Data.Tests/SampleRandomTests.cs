using Clip.Conversion.Initialization;

namespace Clip.Data.Tests;

/// <summary>A run is repeated from its seed, by a later version too: the numbers that follow from a key never change.</summary>
public sealed class SampleRandomTests
{
    [Fact]
    public void TheNumbersAreSplitMix64s()
    {
        var random = new SampleRandom();

        // The generator's published sequence from the state 0.
        Assert.Equal(0xE220A8397B1DCDAFul, random.NextUInt64());
        Assert.Equal(0x6E789E6AA1B965F4ul, random.NextUInt64());
        Assert.Equal(0x06C45D188009454Ful, random.NextUInt64());
    }

    /// <summary>The numbers above are 0.883, 0.431 and 0.026 of the way through 64 bits.</summary>
    [Fact]
    public void ANumberBelowACountIsItsShareOfTheWay()
    {
        var (hundred, large, share, between) = (new SampleRandom(), new SampleRandom(), new SampleRandom(), new SampleRandom());

        Assert.Equal([88, 43, 2], Enumerable.Range(0, 3).Select(_ => hundred.Next(100)));
        Assert.Equal(
            [(int)(0.88331080821364 * 2_000_000_000), (int)(0.43152799704851 * 2_000_000_000)],
            Enumerable.Range(0, 2).Select(_ => large.Next(2_000_000_000) / 1000 * 1000), (a, b) => Math.Abs(a - b) <= 1000);
        Assert.Equal(0.8833108082136426, share.NextDouble(), 15);
        Assert.Equal(-2 + (5 * 0.8833108082136426), between.NextDouble(-2, 3), 14);
    }

    [Fact]
    public void EveryPartOfAKeyCountsAndSoDoesItsPlace()
    {
        long[][] keys = [[], [0], [0, 0], [1], [0, 1], [1, 0], [1, 1], [-1], [long.MinValue], [long.MaxValue], [1, 2, 3], [3, 2, 1]];

        var first = keys.Select(key => new SampleRandom(key).NextUInt64()).ToArray();

        // What has no key begins at the state 0, and a part of 0 moves it on.
        Assert.Equal(keys.Length, first.Distinct().Count());
        Assert.Equal(
            new[] { first[6], first[10] }, new[] { new SampleRandom(1, 1).NextUInt64(), new SampleRandom(1, 2, 3).NextUInt64() });
    }

    [Fact]
    public void AShuffleMayPutAnythingAnywhereAsOften()
    {
        var counts = new int[4, 4];
        for (var key = 0; key < 4000; key++)
        {
            int[] items = [0, 1, 2, 3];
            new SampleRandom(key).Shuffle(items.AsSpan());
            Assert.Equal([0, 1, 2, 3], items.Order());
            for (var place = 0; place < 4; place++) counts[items[place], place]++;
        }

        Assert.All(counts.Cast<int>(), count => Assert.InRange(count, 880, 1120)); // four deviations about 1000
    }
}
