using Clip.Data.Sources;

namespace Clip.Data.Tests.Sources;

/// <summary>What a name is taken for by its end, told by what is said where there is no such file.</summary>
public sealed class SourceNamesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("x.tar", true)]
    [InlineData("x.TAR", true)]
    [InlineData("x.tgz", true)]
    [InlineData("x.tar.gz", true)]
    [InlineData("x.tar.bz2", true)]
    [InlineData("x.tar.xz", true)]
    [InlineData("x.tar.zst", true)]
    [InlineData("x.tar.lz4", true)]
    [InlineData("x.parquet", true)]
    [InlineData("{0..3}.tar", true)]
    [InlineData("{0..3}.parquet", true)]
    [InlineData("x.tar.txt", false)]
    [InlineData("xtar", false)]
    [InlineData("x.gz", false)]
    [InlineData("x.tsv", false)]
    [InlineData("x.csv", false)]
    [InlineData("x", false)]
    public void AnEndingTellsTheKind(string name, bool isOfManyFiles)
    {
        var error = Assert.Throws<ClipException>(() => RecordSources.Open(_folder[name], new RecordSourceOptions()));

        Assert.Contains(isOfManyFiles ? "; give the numbers that are there" : "; give the path of a table", error.Message);
    }

    [Theory]
    [InlineData("pipe:cat x.tar")]
    [InlineData("s3://bucket/x")]
    [InlineData("https://example.org/{0..9}.parquet")]
    [InlineData("gopher+a.b-c://x")]
    public void AnAddressIsNoFile(string name)
    {
        var error = Assert.Throws<ClipException>(() => RecordSources.Open(name, new RecordSourceOptions()));

        Assert.StartsWith($"'{name}' is an address or a command", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void APatternMayNameAMillionFiles()
    {
        Assert.Equal("0", ShardPattern.Expand("{0..999999}").First());
        Assert.Equal("0a", ShardPattern.Expand("{0..499999}{a,b}").First());
        foreach (var pattern in new[] { "{0..1000000}", "{0..500000}{a,b}", "{0..999}{0..1000}" })
            Assert.Contains("names more than 1,000,000 files", Assert.Throws<ClipException>(() => ShardPattern.Expand(pattern)).Message);
    }

    /// <summary>In their order, and without what is hidden.</summary>
    [Fact]
    public void AFolderStandsForItsFilesOfAnEnding()
    {
        foreach (var name in new[] { "b.tar", "a.tar", "._a.tar", "c.tar.txt", "deep/d.tar" }) _folder.Write(name, "x");

        Assert.Equal([_folder["a.tar"], _folder["b.tar"]], ShardPattern.Files(_folder.Path, ".tar"));
        var error = Assert.Throws<ClipException>(() => ShardPattern.Files(_folder.Path, ".parquet"));
        Assert.Contains("has no .parquet files; give one that has, or a pattern such as shards/{00000..00099}.parquet.", error.Message);
    }

    [Fact]
    public void ByDefaultRecordsAreGroupedByImageAndShownOnce()
    {
        var options = new RecordSourceOptions();

        Assert.Equal((RecordSourceOptions.Auto, true), (options.Type, options.GroupByImage));
        Assert.Equal((false, false), (options.Pipes, options.AnyFolder));
        Assert.Equal(('\t', true, "filepath"), (options.Table.Separator, options.Table.Quotes, options.Table.ImageKey));
        Assert.Equal(["title"], options.Table.CaptionKeys);
        Assert.Null(options.UpsamplingFactors);
        var images = (options with { ImageEndings = ["left"], Type = RecordSourceOptions.Csv }).WithoutCaptions();
        Assert.Equal((false, true, RecordSourceOptions.Csv), (images.GroupByImage, images.AnyFolder, images.Type));
        Assert.Equal(["left"], images.CaptionEndings!);
        Assert.Empty(images.CaptionKeys!);
        Assert.Empty(images.Table.CaptionKeys);
    }

    /// <summary>A pattern from the current folder on names its pictures from there, without a dot before them.</summary>
    [Fact]
    public void APatternMayBeRelative()
    {
        var name = $"pattern-{Guid.NewGuid():N}";
        Directory.CreateDirectory(Path.Combine(name, "deep"));
        try
        {
            File.WriteAllText(Path.Combine(name, "deep", $"{name}.jpg"), "x");
            var expected = Path.Combine(name, "deep", $"{name}.jpg");

            Assert.Equal([expected], PicturePattern.Files($"{name}/deep/*.jpg"));
            Assert.Equal([expected], PicturePattern.Files($"{name[..^1]}?/*/*.jpg"));
            Assert.Equal([expected], PicturePattern.Files($"**/{name}.jpg"));
            Assert.Equal([expected], PicturePattern.Files($"{name}/**"));
            Assert.Equal([Path.Combine(".", expected)], PicturePattern.Files($"./{name}/**/*.jp?"));
        }
        finally
        {
            Directory.Delete(name, recursive: true);
        }
    }

    /// <summary>Links lead to folders as well, and round in a circle only once.</summary>
    [SkippableFact]
    public void LinkedFoldersAreLookedThrough()
    {
        Skip.If(OperatingSystem.IsWindows(), "Links need rights there.");
        _folder.Write("elsewhere/cat.jpg", "x");
        _folder.Write("photos/cat/1.jpg", "x");
        Directory.CreateSymbolicLink(_folder["photos/cat/more"], _folder["elsewhere"]);
        Directory.CreateSymbolicLink(_folder["photos/cat/round"], _folder["photos"]);
        Directory.CreateSymbolicLink(_folder["elsewhere/self"], _folder["elsewhere"]);

        string[] expected = [_folder["photos/cat/1.jpg"], _folder["photos/cat/more/cat.jpg"]];
        Assert.Equal(expected, PictureFiles.InClasses(_folder["photos"]).Select(picture => picture.File));
        Assert.Equal(expected, PictureFiles.In(_folder["photos"]));
    }

    [Theory]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData("...", true)]
    [InlineData(".a", true)]
    [InlineData("a.", false)]
    [InlineData("THUMBS.DB", true)]
    [InlineData("Thumbs.db.jpg", false)]
    public void WhatBeginsWithADotIsHidden_ButForTheFoldersThemselves(string name, bool isHidden)
    {
        Assert.Equal(isHidden, PictureFiles.IsHidden(name));
        Assert.Equal(isHidden, PictureFiles.IsHiddenMember($"a\\{name}\\1.jpg"));
    }
}
