using Clip.Data.Sources;
using Clip.Data.Tests.Loading;

namespace Clip.Data.Tests.Sources;

/// <summary>Several sources as one: whose each record is, and what is told of all.</summary>
public sealed class JoinedSourceTests
{
    /// <summary>Also where one has no records.</summary>
    [Fact]
    public void EachRecordIsItsSources()
    {
        using var empty = new SpooledSource();
        MadeRecords first = new(2) { Image = record => [(byte)(10 + record)] }, second = new(3) { Image = record => [(byte)(20 + record)] };
        using var joined = new JoinedSource([empty, first, empty, empty, second, empty], [1, 1, 1, 1, 1, 1]);

        Assert.Equal(5, joined.Count);
        Assert.Equal([10, 11, 20, 21, 22], Enumerable.Range(0, 5).Select(record => Byte(joined, record)));
        Assert.Equal(["record 0", "record 1", "record 0", "record 1", "record 2"], Enumerable.Range(0, 5).Select(joined.Key));
        Assert.Equal(["a thing of 1"], joined.ReadCaptions(3));
        Assert.Equal([0, 1, 2, 3, 4], Enumerable.Range(0, 5).Select(joined.ImageId));
    }

    [Fact]
    public void ImagesThatASourceSharesAreItsOwn()
    {
        MadeRecords Source() => new(4) { Id = record => record / 2 * 2 };
        using var joined = new JoinedSource([Source(), Source(), Source()], [1, 1, 1]);

        Assert.Equal([0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10], Enumerable.Range(0, 12).Select(joined.ImageId));
    }

    /// <summary>A file is one image in all sources that have files; what lies in no file is its source's alone.</summary>
    [Fact]
    public void AFileIsOneImageWhereverItIsNamed()
    {
        MadeRecords one = new(3) { File = record => $"{record}.png" };
        MadeRecords two = new(4) { File = record => record == 1 ? null : $"./{record}.png", Id = record => record };
        using var joined = new JoinedSource([one, new MadeRecords(2), two], [1, 1, 1]);
        using var single = new JoinedSource([new MadeRecords(3) { File = _ => "a.png" }, new MadeRecords(2)], [1, 1]);

        Assert.Equal([0, 1, 2, 3, 4, 0, 6, 2, 8], Enumerable.Range(0, 9).Select(joined.ImageId));
        Assert.Equal(["0.png", null, "./2.png", "./3.png"], new[] { 0, 6, 7, 8 }.Select(joined.ImagePath));
        // Of one source with files, the source itself tells.
        Assert.Equal([0, 1, 2, 3, 4], Enumerable.Range(0, 5).Select(single.ImageId));
    }

    [Fact]
    public void PartsAreThoseOfAllTimesTheirFactors()
    {
        MadeRecords one = new(4) { Parts = [new EpochPart(1, 3), new EpochPart(3, 0.5, [2, 1], 9)] }, two = new(2);
        using var joined = new JoinedSource([one, two], [0.5, 4]);

        Assert.Equal([(1, 1.5, 1), (3, 0.25, 9), (2, 4.0, 1)], joined.Parts.Select(part => (part.Count, part.Factor, part.Window)));
        Assert.Equal([2, 1], joined.Parts[1].Groups);
    }

    [Fact]
    public void WhatIsToldIsToldOfAll()
    {
        MadeRecords one = new(1) { Fingerprint = "one", CaptionsAreInMemory = true, Unusable = [new("a", "x")] };
        MadeRecords two = new(1) { Fingerprint = "two", CaptionsAreInMemory = true, Unusable = [new("b", "y"), new("c", "z")] };
        MadeRecords three = new(1) { Fingerprint = "three" };
        var joined = new JoinedSource([one, two], [1, 1]);

        Assert.True(joined.CaptionsAreInMemory);
        Assert.False(new JoinedSource([one, three], [1, 1]).CaptionsAreInMemory);
        Assert.Equal(["a", "b", "c"], joined.Unusable.Select(unusable => unusable.Key));
        Assert.Equal("0.5 × one + three", new JoinedSource([one, three], [0.5, 1]).Fingerprint);
        joined.Dispose();
        Assert.True(one.IsDisposed && two.IsDisposed);
    }

    private static int Byte(JoinedSource records, int record)
    {
        using var bytes = records.ReadImage(record);
        return bytes.Span[0];
    }
}
