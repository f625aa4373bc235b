using Clip.Trainer.Data;

namespace Clip.Trainer.Tests.Data;

public sealed class CaptionTableTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void PathsAreRelativeToTheTable()
    {
        var rows = CaptionTable.Read(_folder.Write("pairs.tsv", "filepath\ttitle\nimages/a.png\ta cat\n\nimages/b.png\ta dog\n"));

        Assert.Equal([_folder["images/a.png"], _folder["images/b.png"]], rows.Select(r => r.Path));
        Assert.Equal(["a cat", "a dog"], rows.SelectMany(r => r.Captions));
    }

    [Fact]
    public void ColumnsAndSeparatorAreOptionsAndEmptyCaptionsAreLeftOut()
    {
        var path = _folder.Write("pairs.csv", "image,short,long\na.png,cat,a sleeping cat\nb.png,,a dog\n");

        var rows = CaptionTable.Read(
            path, new CaptionTableOptions { Separator = ',', ImageKey = "image", CaptionKeys = ["short", "long"] });

        Assert.Equal(["cat", "a sleeping cat"], rows[0].Captions);
        Assert.Equal(["a dog"], rows[1].Captions);
    }

    [Fact]
    public void CommaSeparatedCellsMayBeQuoted()
    {
        var path = _folder.Write("pairs.csv", "filepath,title\n\"a,1.png\",\"a \"\"big\"\" cat,\nasleep\"\nb.png,5\" dog\n");

        var rows = CaptionTable.Read(path, new CaptionTableOptions { Separator = ',' });

        Assert.Equal([_folder["a,1.png"], _folder["b.png"]], rows.Select(r => r.Path));
        Assert.Equal(["a \"big\" cat,\nasleep", "5\" dog"], rows.SelectMany(r => r.Captions));
    }

    [Fact]
    public void AQuoteBetweenTabsIsAQuote() =>
        Assert.Equal(
            ["\"cat", "dog\""],
            CaptionTable.Read(_folder.Write("pairs.tsv", "filepath\ttitle\na.png\t\"cat\nb.png\tdog\"\n")).SelectMany(r => r.Captions));

    [Fact]
    public void AQuotedCellThatNeverEndsIsNamed()
    {
        var path = _folder.Write("pairs.csv", "filepath,title\na.png,\"cat\nb.png,dog\n");

        Assert.Contains(
            "line 2",
            Assert.Throws<ClipException>(() => CaptionTable.Read(path, new CaptionTableOptions { Separator = ',' })).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("filepath\ttitle\n", "no rows")]
    [InlineData("file\ttitle\na.png\tcat\n", "no column 'filepath'")]
    [InlineData("filepath\ttitle\na.png,cat\n", "line 2")]
    [InlineData("filepath\ttitle\na.png\t \n", "caption is empty")]
    public void WhatIsWrongIsNamed(string text, string expected)
    {
        var path = _folder.Write("pairs.tsv", text);

        var error = Assert.Throws<ClipException>(() => CaptionTable.Read(path));

        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AMissingTableIsNamed() =>
        Assert.Contains(
            "nowhere.tsv", Assert.Throws<ClipException>(() => CaptionTable.Read("nowhere.tsv")).Message, StringComparison.Ordinal);
}
