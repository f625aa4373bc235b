using Clip.Cli.Options;
using Clip.Data;

namespace Clip.Cli.Tests.Options;

/// <summary>Files as options name them: lists of lines, names with paths, and tables with rows that are left out.</summary>
public sealed class FilesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AListHasALineForEachEntryAndBlankOnesAreNone() => Assert.Equal(
        ["cat", "red car", "dog"], LineFile.Read(_folder.Write("labels.txt", "\uFEFFcat\r\n  red car\t\n\n \ndog"), "--labels"));

    [Theory]
    [InlineData("absent", null, "There is no file '")]
    [InlineData("empty", "", "is empty, or a pipe or a device; --labels takes a text file with one entry per line.")]
    [InlineData("blank", " \n\n", "blank is empty; --labels takes a text file with one entry per line.")]
    [InlineData("long", "cat\ndog\nemu\n", " --labels takes a text file with one entry per line.")]
    public void WhatIsNoListIsToldByItsOption(string name, string? text, string told)
    {
        if (text is not null) _folder.Write(name, text);

        var error = Assert.Throws<ClipException>(() => LineFile.Read(_folder[name], "--labels", maxBytes: 11));

        Assert.Contains(told, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AListMayBeAsLongAsIsAllowed() =>
        Assert.Equal(["cat", "dog"], LineFile.Read(_folder.Write("labels.txt", "cat\ndog"), "--labels", maxBytes: 7));

    [Theory]
    [InlineData("pets=/data/set.tsv", "pets", "/data/set.tsv")]
    [InlineData("/data/set.tsv", "set", "/data/set.tsv")]
    [InlineData("/data/photos/", "photos", "/data/photos/")]
    [InlineData("=/data/x.tsv", "x", "=/data/x.tsv")]
    [InlineData("a=b=c", "a", "b=c")]
    public void AValueHasANameOrThatOfItsFile(string value, string name, string path)
    {
        Assert.Equal((name, path), NamedFiles.Named(value));
        Assert.Equal(value[0] is not ('/' or '='), NamedFiles.HasName(value));
    }

    [Fact]
    public void WhatExistsAsItStandsIsAPath()
    {
        var file = _folder.Write("a=b.txt", "x");
        Directory.CreateDirectory(_folder["c=d"]);

        Assert.Equal(("a=b", file), NamedFiles.Named(file));
        Assert.Equal(("c=d", _folder["c=d"]), NamedFiles.Named(_folder["c=d"]));
        Assert.Equal(["pets"], NamedFiles.Names([file, "pets=x", _folder["c=d"], "y"]));
    }

    [Fact]
    public void WhatIsGivenForASetGoesBeforeWhatIsGivenForAll()
    {
        Assert.Equal("own", NamedFiles.For(["all", "pets=own"], "pets", "--labels"));
        Assert.Equal("all", NamedFiles.For(["all", "pets=own"], "cars", "--labels"));
        Assert.Null(NamedFiles.For(["pets=own"], "cars", "--labels"));
        Assert.Null(NamedFiles.For([], "cars", "--labels"));
        foreach (var twice in new string[][] { ["a", "b"], ["cars=a", "cars=b"] })
        {
            var error = Assert.Throws<ClipException>(() => NamedFiles.For(twice, "cars", "--labels"));
            Assert.Equal("--labels is given twice for cars; give it once, as cars=PATH.", error.Message);
        }
    }

    /// <summary>One in ten may be left out, and not more.</summary>
    [Theory]
    [InlineData(1, 9, false)]
    [InlineData(1, 8, true)]
    [InlineData(2, 18, false)]
    [InlineData(2, 3, true)]
    [InlineData(0, 0, false)]
    [InlineData(1, 0, true)]
    public void TooManyThatCannotBeUsedAreAnError(int bad, int usable, bool tooMany)
    {
        using var printed = new PrintedHere();
        var skipped = new SkippedRows("set.tsv");
        for (var i = 0; i < bad; i++) skipped.Add($"line {i}", "no picture");

        var error = Record.Exception(() => skipped.ThrowIfTooMany(usable));

        Assert.Equal(tooMany, error is not null);
        if (error is not null)
        {
            Assert.Equal(
                $"{bad} of {bad + usable} records of set.tsv cannot be used, more than 10 percent (line 0: no picture); repair the data.",
                Assert.IsType<ClipException>(error).Message);
        }

        Assert.Equal(string.Concat(Enumerable.Range(0, bad).Select(i => $"Skipped line {i}: no picture\n")), printed.Error);
    }

    [Fact]
    public void RowsThatCannotBeUsedAreLeftOutAndTold()
    {
        using var printed = new PrintedHere();
        File.WriteAllBytes(_folder["a.png"], Pictures.Png(2, 2).ToArray());
        var rows = string.Concat(Enumerable.Range(0, 100).Select(i => $"a.png\tcaption {i}\n"));
        var table = _folder.Write("pairs.tsv", $"filepath\ttitle\n\tnothing\n{rows}");

        Assert.Equal(100, SkippedRows.Read(table, new CaptionTableOptions()).Count);

        Assert.StartsWith("Skipped ", Assert.Single(printed.Error.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
        Assert.Throws<ClipException>(() => SkippedRows.Read(
            _folder.Write("few.tsv", "filepath\ttitle\na.png\tone\n\tnothing\n"), new CaptionTableOptions()));
    }
}
