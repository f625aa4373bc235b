using Clip.Testing;
using CsCheck;

namespace Clip.Data.Tests.Loading;

/// <summary>Rows that close up, ranks that share a batch, and how many records may be bad.</summary>
public sealed class BatchRulesTests
{
    [Fact]
    public void GoodRowsCloseUpInTheirOrder() => Gen.Select(Gen.Bool.Array[0, 9], Gen.Int[1, 4]).Holds(drawn =>
    {
        var (good, size) = drawn;
        // The row's number in each of its places, and what lies behind the rows stays.
        var pixels = Enumerable.Range(0, (good.Length + 1) * size).Select(i => (i / size) + ((i % size) / 10f)).ToArray();
        var expected = Enumerable.Range(0, good.Length).Where(row => good[row])
            .SelectMany(row => pixels[(row * size)..((row + 1) * size)]).ToArray();
        var behind = pixels[^size..];

        var kept = PixelRows.CloseUp(pixels, size, good.Length, row => good[row]);

        Assert.Equal(good.Count(isGood => isGood), kept);
        Assert.Equal(expected, pixels[..(kept * size)]);
        Assert.Equal(behind, pixels[^size..]);
    });

    /// <summary>Of each part that a step encodes by itself, every rank has as much as any other, up to one.</summary>
    [Fact]
    public void RanksShareEveryPartOfABatch() => Gen.Select(Gen.Int[1, 40], Gen.Int[1, 5], Gen.Int[1, 4]).Holds(drawn =>
    {
        var (count, ranks, parts) = drawn;
        var batch = Enumerable.Range(100, count).ToArray();
        var size = (count + parts - 1) / parts;

        var shares = Enumerable.Range(0, ranks).Select(rank => new BatchSlice(rank, ranks, parts).Of(batch).ToArray()).ToArray();

        Assert.Equal(batch, shares.SelectMany(share => share).Order());
        Assert.All(shares, share => Assert.Equal(share.Order(), share));
        foreach (var part in batch.Chunk(size))
        {
            var own = shares.Select(share => share.Intersect(part).ToArray()).ToArray();
            // One rank's behind the other's, as they are gathered.
            Assert.Equal(part, own.SelectMany(share => share));
            Assert.All(own, share => Assert.InRange(share.Length, part.Length / ranks, (part.Length + ranks - 1) / ranks));
        }
    });

    [Theory]
    [InlineData(10, 10, 1, false)]
    [InlineData(10, 10, 2, true)]
    [InlineData(10, 0, 0, false)]
    [InlineData(10, 0, 1, true)]
    [InlineData(1000, 0.1, 1, false)]
    [InlineData(1000, 0.1, 2, true)]
    [InlineData(3, 33.3, 1, true)]
    [InlineData(3, 33.4, 1, false)]
    [InlineData(2, 100, 2, false)]
    public void AsManyMayBeBadAsIsAllowed(int total, double percent, int count, bool isTooMany)
    {
        var bad = new BadRecords(total, percent, report: null);
        for (var i = 0; i < count; i++) bad.Add($"{i}", "damaged");

        var error = Record.Exception(bad.ThrowIfTooMany);

        Assert.Equal(isTooMany, error is ClipException);
        Assert.Equal(isTooMany, error is not null);
    }

    [Fact]
    public void ABadRecordIsToldOnceWithItsFirstReason()
    {
        var told = new List<(string, string)>();
        var bad = new BadRecords(1000, 0.1, (key, reason) => told.Add((key, reason)));
        bad.Add("a", "damaged");
        bad.Add("b", "absent");
        bad.Add("a", "damaged otherwise");

        Assert.Equal([("a", "damaged"), ("b", "absent")], told);
        Assert.Equal([("a", "damaged"), ("b", "absent")], bad.Reasons.Select(r => (r.Key, r.Value)).Order());
        Assert.Equal(
            "2 of 1000 records are bad, more than the 0.1 percent that `MaxBadPercent` allows, the latest b (absent); "
            + "repair the data, or raise `MaxBadPercent` to go on without them.",
            Assert.Throws<ClipException>(bad.ThrowIfTooMany).Message);
    }

    [Fact]
    public void ByDefaultATenthMayBeBadAndAReadMayTakeTwoMinutes()
    {
        var options = new PairLoaderOptions(8, 1);

        Assert.Equal((10.0, TimeSpan.FromMinutes(2)), (options.MaxBadPercent, options.ReadTimeout));
        Assert.Equal((Environment.ProcessorCount, false), (options.Workers, options.SampleSentences));
        Assert.Equal(new CaptionAugmentation(), options.Captions);
        var reading = new ReadingOptions { Workers = 3, MaxBadPercent = 4, ReadTimeout = TimeSpan.FromSeconds(5) };
        var given = new PairLoaderOptions(8, 1, reading);
        Assert.Equal((3, 4.0, TimeSpan.FromSeconds(5)), (given.Workers, given.MaxBadPercent, given.ReadTimeout));
    }

    [Theory]
    [InlineData(typeof(IOException), true)]
    [InlineData(typeof(EndOfStreamException), true)]
    [InlineData(typeof(FileNotFoundException), true)]
    [InlineData(typeof(InvalidDataException), true)]
    [InlineData(typeof(UnauthorizedAccessException), true)]
    [InlineData(typeof(InvalidOperationException), false)]
    [InlineData(typeof(OutOfMemoryException), false)]
    [InlineData(typeof(OperationCanceledException), false)]
    public void WhatCannotBeReadIsAFaultOfTheRecord(Type exception, bool isFault) =>
        Assert.Equal(isFault, ReadFault.Is((Exception)Activator.CreateInstance(exception)!));
}
