using System.Text;
using Clip.Data.Sources;

namespace Clip.Data.Tests.Sources;

/// <summary>Records that are listed in memory or kept in a temporary file.</summary>
public sealed class MemorySourcesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void WhatIsSpooledIsReadInAnyOrder_AndTheSameImageIsKeptOnce()
    {
        using var spooled = new SpooledSource();
        string[] images = ["first", "second", "first", "", "third", "second", ""];
        for (var i = 0; i < images.Length; i++) spooled.Add(Encoding.UTF8.GetBytes(images[i]), i == 4 ? [] : [$"caption {i}", "more"]);

        Assert.Equal((7, true), (spooled.Count, spooled.CaptionsAreInMemory));
        for (var i = images.Length - 1; i >= 0; i--) Assert.Equal(images[i], Shards.Image(spooled, i));
        Assert.Equal([0, 1, 0, 3, 4, 1, 3], Enumerable.Range(0, 7).Select(spooled.ImageId));
        Assert.Equal("row 5", spooled.Key(5));
        Assert.Equal(["caption 6", "more"], spooled.ReadCaptions(6));
        Assert.Equal("the caption is empty", Assert.Throws<InvalidDataException>(() => spooled.ReadCaptions(4)).Message);
        Assert.StartsWith("7 pairs ", spooled.Fingerprint, StringComparison.Ordinal);
    }

    /// <summary>Its fingerprint may be asked for at any time, and changes nothing.</summary>
    [Fact]
    public void WhatIsSpooledIsToldApart()
    {
        SpooledSource one = new(), other = new();
        foreach (var source in new[] { one, other })
        {
            source.Add("a"u8, ["x"]);
            if (source == one) _ = source.Fingerprint;
            source.Add("b"u8, ["y"]);
        }

        Assert.Equal(one.Fingerprint, other.Fingerprint);
        Assert.Equal(one.Fingerprint, one.Fingerprint);
        other.Add("b"u8, ["y"]);
        Assert.NotEqual(one.Fingerprint, other.Fingerprint);
        one.Dispose();
        other.Dispose();
        Assert.Throws<ObjectDisposedException>(() => one.ReadImage(0));
    }

    [Fact]
    public void ARowOfATableIsAFileAndItsCaptions()
    {
        _folder.Write("a.png", "picture a");
        using var table = new TableSource(
            [
                new CaptionedImage(_folder["a.png"], ["a cat"]), new CaptionedImage(_folder["b.png"], []),
                new CaptionedImage(_folder["x/../a.png"], ["a tom"]),
            ],
            [new("line 7", "the path is empty")]);

        Assert.Equal((3, true, "line 7"), (table.Count, table.CaptionsAreInMemory, Assert.Single(table.Unusable).Key));
        Assert.Equal("picture a", Shards.Image(table, 0));
        Assert.Equal((_folder["b.png"], _folder["b.png"]), (table.Key(1), table.ImagePath(1)));
        Assert.Equal([0, 1, 0], Enumerable.Range(0, 3).Select(table.ImageId));
        Assert.Throws<FileNotFoundException>(() => table.ReadImage(1));
        Assert.Equal("the caption is empty", Assert.Throws<InvalidDataException>(() => table.ReadCaptions(1)).Message);
        Assert.Equal(new EpochPart(3), Assert.Single(((IRecordSource)table).Parts));
    }

    /// <summary>A table moved elsewhere with its pictures is the same data.</summary>
    [Fact]
    public void AFingerprintIsOfNamesRatherThanFolders()
    {
        using TableSource here = Table("here"), there = Table("there");

        Assert.Equal(here.Fingerprint, there.Fingerprint);

        TableSource Table(string folder) => new(
        [
            new CaptionedImage(_folder[$"{folder}/a.png"], ["a cat", "a tom"]), new CaptionedImage(_folder[$"{folder}/b.png"], ["b"]),
        ]);
    }

    [Fact]
    public void ANamedSourceIsOpenedWhenItIsAskedFor()
    {
        _folder.Write("pairs.tsv", "filepath\twords\na.png\ta cat\n");
        var options = new RecordSourceOptions { Table = new CaptionTableOptions { CaptionKeys = ["words"] } };

        var named = NamedSource.Of(_folder["pairs.tsv"], options);

        Assert.Equal(_folder["pairs.tsv"], named.Name);
        Assert.Same(options, named.Layout);
        using (var records = named.Open()) Assert.Equal(["a cat"], records.ReadCaptions(0));
        var absent = NamedSource.Of(_folder["absent.tsv"]);
        Assert.Equal(RecordSourceOptions.Auto, absent.Layout!.Type);
        Assert.Throws<ClipException>(() => absent.Open());
    }
}
