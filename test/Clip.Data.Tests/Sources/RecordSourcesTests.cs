using Clip.Data.Sources;

namespace Clip.Data.Tests.Sources;

/// <summary>Which kind of source a name means, and what is said where it means none.</summary>
public sealed class RecordSourcesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AFolderIsWhatLiesInIt_ShardsBeforeTablesBeforeClasses()
    {
        _folder.Write("set/cat/1.jpg", "in a class");
        Assert.Equal("in a class", First("set"));
        await Shards.ParquetAsync(_folder, "set/x.parquet", 1);
        Assert.Equal("image 0", First("set"));
        Shards.Tar(_folder, "set/x.tar", "1.jpg=in a shard", "1.txt");
        Assert.Equal("in a shard", First("set"));

        // Unless it is told.
        Assert.Equal("in a class", First("set", RecordSourceOptions.ImageFolder));
        Assert.Equal("image 0", First("set", RecordSourceOptions.Parquet));
    }

    [Fact]
    public void AFileIsATableUnlessItsNameSaysOtherwise()
    {
        _folder.Write("a.jpg", "picture");
        _folder.Write("rows.data", "filepath\ttitle\na.jpg\ta cat\n");
        Shards.Tar(_folder, "x.TAR", "1.jpg=in a shard", "1.txt");

        Assert.Equal("picture", First("rows.data"));
        Assert.Equal("in a shard", First("x.TAR"));
        File.Move(_folder["x.TAR"], _folder["x.odd"]);
        Assert.Equal("in a shard", First("x.odd", RecordSourceOptions.WebDataset));
    }

    [Fact]
    public void WhereNothingCanBeUsedTheFirstReasonIsTold()
    {
        Shards.Tar(_folder, "x.tar", "1.jpg", "2.jpg");

        var error = Assert.Throws<ClipException>(() => RecordSources.Open(_folder["x.tar"], new RecordSourceOptions()));

        Assert.StartsWith($"'{_folder["x.tar"]}' has no usable records: {_folder["x.tar"]}:1: it has no caption", error.Message);
        Assert.EndsWith("; give files with images and captions.", error.Message);
    }

    [Fact]
    public void EachSourceHasItsFactor_AlsoOneAlone()
    {
        var shard = Shards.Tar(_folder, "x.tar", "1.jpg", "1.txt");

        using var twice = RecordSources.Open(shard, new RecordSourceOptions { UpsamplingFactors = [2] });
        var error = Assert.Throws<ClipException>(
            () => RecordSources.Open($"{shard}::{shard}", new RecordSourceOptions { UpsamplingFactors = [2] }));

        Assert.Equal(2, Assert.Single(twice.Parts).Factor);
        Assert.Contains("1 factors in `UpsamplingFactors` for 2 sources", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnAbsentPartOfSeveralIsNamed()
    {
        var shard = Shards.Tar(_folder, "x.tar", "1.jpg", "1.txt");

        var error = Assert.Throws<ClipException>(() => RecordSources.Open($"{shard}::{_folder["none.tar"]}", new RecordSourceOptions()));

        Assert.Contains($"no data file '{_folder["none.tar"]}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CaptionsAreThoseOfTheRecordsThatHaveSome()
    {
        Shards.Tar(_folder, "x.tar", "1.jpg", "1.txt=a cat", "2.jpg", "2.txt= ", "3.jpg", "3.json={\"caption\": [\"a dog\", \"a hound\"]}");

        using var records = RecordSources.Open(_folder["x.tar"], new RecordSourceOptions());

        Assert.Equal(["a cat", "a dog", "a hound"], RecordSources.Captions(records));
    }

    /// <summary>To embed pictures nobody needs their captions, nor folders for classes.</summary>
    [Fact]
    public void WithoutCaptionsAnyPictureIsARecord()
    {
        foreach (var name in (string[])["1.jpg", "deep/er/2.png", "notes.txt"]) _folder.Write($"photos/{name}", name);
        Shards.Tar(_folder, "x.tar", "1.jpg=a", "2.png=b", "2.txt", "3.txt");
        _folder.Write("rows.tsv", "filepath\na.jpg\n./a.jpg\n");
        var options = new RecordSourceOptions().WithoutCaptions();

        using var folder = RecordSources.Open(_folder["photos"], options);
        using var shard = RecordSources.Open(_folder["x.tar"], options);
        using var table = RecordSources.Open(_folder["rows.tsv"], options);

        Assert.Equal(["1.jpg", "deep/er/2.png"], Enumerable.Range(0, folder.Count).Select(i => Shards.Image(folder, i)));
        Assert.Equal(["a", "b"], Enumerable.Range(0, shard.Count).Select(i => Shards.Image(shard, i)));
        Assert.Equal(2, table.Count);
    }

    [Fact]
    public void APathHasOneSpelling()
    {
        Assert.Equal(FileIdentity.Of("a.png"), FileIdentity.Of("./b/../a.png"));
        Assert.NotEqual(FileIdentity.Of("a.png"), FileIdentity.Of("b/a.png"));
        Assert.Equal(["", "a\0b"], new[] { "", "a\0b" }.Select(FileIdentity.Of)); // no paths, and no errors
        CaptionedImage[] apart = [new("a.png", ["1"]), new("b.png", ["2"])];
        Assert.Same(apart, FileIdentity.Group(apart));
        var grouped = FileIdentity.Group([.. apart, new("./a.png", ["1", "3"])]);
        Assert.Equal([("a.png", "1 3"), ("b.png", "2")], grouped.Select(row => (row.Path, string.Join(' ', row.Captions))));
    }

    private string First(string name, string type = RecordSourceOptions.Auto)
    {
        using var records = RecordSources.Open(_folder[name], new RecordSourceOptions { Type = type });
        return Shards.Image(records, 0);
    }
}
