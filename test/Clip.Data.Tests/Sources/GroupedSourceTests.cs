using Clip.Data.Sources;
using Clip.Data.Tests.Loading;

namespace Clip.Data.Tests.Sources;

/// <summary>Records of one image as one, whatever source they come from.</summary>
public sealed class GroupedSourceTests
{
    [Fact]
    public void ARecordIsWhereTheFirstOfItsImageWas_WithAllTheirCaptions()
    {
        using var grouped = GroupedSource.Of(Source());

        Assert.Equal(4, grouped.Count);
        Assert.Equal(["record 0", "record 1", "record 3", "record 5"], Enumerable.Range(0, 4).Select(grouped.Key));
        Assert.Equal(["0.png", "1.png", "3.png", "5.png"], Enumerable.Range(0, 4).Select(grouped.ImagePath));
        Assert.Equal([0, 1, 3, 5], Enumerable.Range(0, 4).Select(record => FirstByte(grouped, record)));
        Assert.Equal([0, 1, 2, 3], Enumerable.Range(0, 4).Select(grouped.ImageId));
        Assert.Equal([["of 0", "all", "of 2", "of 4"], ["of 1", "all"], ["of 3", "all"], ["of 5", "all"]],
            Enumerable.Range(0, 4).Select(grouped.ReadCaptions));
    }

    [Fact]
    public void AllElseIsTheSources()
    {
        var source = Source();
        var grouped = GroupedSource.Of(source);

        Assert.Equal("4 images of made", grouped.Fingerprint);
        Assert.Same(source.Unusable, grouped.Unusable);
        Assert.True(grouped.CaptionsAreInMemory);
        Assert.False(GroupedSource.Of(new MadeRecords(2) { Id = _ => 0 }).CaptionsAreInMemory);
        grouped.Dispose();
        Assert.True(source.IsDisposed);
    }

    [Fact]
    public void WhereNoImageIsSharedASourceStaysAsItIs()
    {
        var source = new MadeRecords(5);

        Assert.Same(source, GroupedSource.Of(source));
    }

    /// <summary>What is read together stays so, less the records that are another's, and groups of which nothing is left.</summary>
    [Fact]
    public void PartsKeepTheRecordsThatBeginInThem()
    {
        // 0 1 | 2 3 | 4 5 and then 6 7 8 | 9: of those, 2, 4, 5 and 8 show earlier ones.
        var source = new MadeRecords(10)
        {
            Id = record => record switch { 2 => 0, 4 => 1, 5 => 3, 8 => 6, _ => record },
            Parts = [new EpochPart(6, 2, [2, 2, 2], 5), new EpochPart(4, 0.5, [3, 1], 7)],
        };

        using var grouped = GroupedSource.Of(source);

        Assert.Equal([(3, 2.0, "2 1", 5), (3, 0.5, "2 1", 7)],
            grouped.Parts.Select(part => (part.Count, part.Factor, string.Join(' ', part.Groups!), part.Window)));
        var plain = GroupedSource.Of(new MadeRecords(3) { Id = record => record / 2 });
        Assert.Equal(new EpochPart(2), Assert.Single(plain.Parts));
    }

    /// <summary>One caption that is damaged is no loss while there are others; a disk that is not there is.</summary>
    [Fact]
    public void DamageCountsWhereNoCaptionIsLeft()
    {
        var source = new MadeRecords(6)
        {
            Id = record => record / 2,
            Captions = record => record switch
            {
                0 => throw new InvalidDataException("damaged"),
                2 => throw new InvalidDataException("the first"),
                3 => throw new InvalidDataException("the second"),
                5 => throw new IOException("not there"),
                _ => [$"of {record}"],
            },
        };
        using var grouped = GroupedSource.Of(source);

        Assert.Equal(["of 1"], grouped.ReadCaptions(0));
        Assert.Equal("the first", Assert.Throws<InvalidDataException>(() => grouped.ReadCaptions(1)).Message);
        Assert.Equal("not there", Assert.Throws<IOException>(() => grouped.ReadCaptions(2)).Message);
    }

    /// <summary>0, 2 and 4 show one image.</summary>
    private static MadeRecords Source() => new(6)
    {
        Unusable = [new("row 9", "it is cut")],
        CaptionsAreInMemory = true,
        Id = record => record is 2 or 4 ? 0 : record,
        File = record => $"{record}.png",
        Captions = record => [$"of {record}", "all"],
    };

    private static int FirstByte(IRecordSource records, int record)
    {
        using var bytes = records.ReadImage(record);
        return bytes.Span[0];
    }
}
