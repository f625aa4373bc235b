using Clip.Cli.Searching;
using Clip.Data.Sources;
using Clip.Data.Tests.Sources;
using Microsoft.ML.Clip;

namespace Clip.Cli.Tests.Searching;

/// <summary>The pictures that <c>clip index</c> is given, however they are named.</summary>
public sealed class PictureSourcesTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<string> _skipped = [];

    public PictureSourcesTests()
    {
        foreach (var name in new[] { "photos/b.png", "photos/in/a.png", "others/c.png" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
            File.WriteAllBytes(_folder[name], Pictures.Png(4, 3).ToArray());
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void APictureThatIsNamedTwiceIsThereOnce() => Assert.Equal(
        ["photos/in/a.png", "photos/b.png", "others/c.png"],
        Find(_folder["photos/in/a.png"], _folder["photos"], _folder["others/*.png"]).Select(Name));

    [Fact]
    public void AFileIsKnownByItsPathSizeAndTime()
    {
        var file = new FileInfo(_folder["others/c.png"]);

        var picture = Assert.Single(Find(_folder["others"]));

        Assert.Equal(
            new ClipIndexEntry(file.FullName) { Path = file.FullName, Size = file.Length, Modified = file.LastWriteTimeUtc },
            picture.Entry);
        using var bytes = picture.Read();
        Assert.Equal(File.ReadAllBytes(file.FullName), bytes.Span.ToArray());
    }

    [Fact]
    public void ATableGivesItsCaptionsAndTellsWhatIsNotThere()
    {
        var table = _folder.Write("pairs.tsv", "filepath\ttitle\nothers/c.png\ta cat\nno.png\ta dog\n\tnothing\n");

        var picture = Assert.Single(Find(table));

        Assert.Equal((_folder["others/c.png"], "a cat"), (picture.Entry.Path, picture.Entry.Caption));
        Assert.Contains(_skipped, told => told.EndsWith("no.png: there is no such file", StringComparison.Ordinal));
        Assert.Equal(2, _skipped.Count);
    }

    [Fact]
    public void WhatLiesInAnArchiveIsKnownByItsBytes()
    {
        var (one, two) = (Pictures.Png(4, 3).ToArray(), Pictures.Png(5, 3).ToArray());
        Shards.TarOf(
            _folder, "shards/0.tar",
            ("0.png", one), ("0.txt", "a cat"u8.ToArray()), ("1.png", two), ("2.png", one), ("2.txt", "x"u8.ToArray()));

        var pictures = Find(_folder["shards"]);

        var entries = pictures.Select(picture => picture.Entry).ToArray();
        Assert.All(entries, entry => Assert.Null(entry.Path ?? entry.Modified?.ToString()));
        Assert.Equal("a cat", entries[0].Caption);
        Assert.Equal(one.Length, entries[0].Size);
        Assert.Equal(entries[0].ContentHash, entries[^1].ContentHash);
        Assert.NotEqual(entries[0].Id, entries[^1].Id);
        Assert.Equal(32, entries[0].ContentHash!.Length);
        Assert.Equal(entries.Length, Find(_folder["shards/{0..0}.tar"]).Count);
    }

    /// <summary>A folder of other pictures, even of one whose name begins alike, is no reason to empty an index.</summary>
    [Fact]
    public void AFolderCoversWhatLiesBelowIt()
    {
        using var sources = new PictureSources([_folder["photos"] + "/", _folder["others/c.png"]], new RecordSourceOptions());

        Assert.True(sources.Covers(new ClipIndexEntry("gone") { Path = _folder["photos/in/gone.png"] }));
        Assert.False(sources.Covers(new ClipIndexEntry("gone") { Path = _folder["photos2/gone.png"] }));
        Assert.False(sources.Covers(new ClipIndexEntry("gone") { Path = _folder["others/gone.png"] }));
        Assert.False(sources.Covers(new ClipIndexEntry("gone")));
    }

    [Theory]
    [InlineData(1, 0, "ff", true)]
    [InlineData(2, 0, "ff", false)]
    [InlineData(1, 10, "ff", false)]
    [InlineData(1, 9, "ff", true)] // databases keep microseconds, which are ten ticks
    [InlineData(1, 0, "00", false)]
    public void SizeTimeAndBytesTellWhetherItHasChanged(long size, long ticks, string hash, bool isUnchanged)
    {
        var found = new ClipIndexEntry("a") { Size = 1, Modified = DateTimeOffset.UnixEpoch, ContentHash = "ff" };
        var known = found with { Size = size, Modified = DateTimeOffset.UnixEpoch.AddTicks(ticks), ContentHash = hash, Caption = "other" };

        Assert.Equal(isUnchanged, new FoundPicture(found, () => throw new NotSupportedException()).IsUnchanged(known));
    }

    private List<FoundPicture> Find(params string[] names)
    {
        var sources = new PictureSources(names, new RecordSourceOptions());
        return [.. sources.Find((name, reason) => _skipped.Add($"{name}: {reason}"))];
    }

    private string Name(FoundPicture picture) => Path.GetRelativePath(_folder.Path, picture.Entry.Id);
}
