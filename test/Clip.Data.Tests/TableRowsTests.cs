using System.Text;

namespace Clip.Data.Tests;

/// <summary>Which cells a table's rows have, and which of them are paths and captions.</summary>
public sealed class TableRowsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static CaptionTableOptions Commas => new() { Separator = ',' };

    [Fact]
    public void EachRowTellsTheLineItBeginsOn()
    {
        var rows = Rows("a,b\n\n\"two\nlines\",c\r\nd,\"three\n\nlines\"\ne,f", Commas);

        Assert.Equal([(1, "a|b"), (2, ""), (3, "two\nlines|c"), (5, "d|three\n\nlines"), (8, "e|f")], rows);
    }

    [Theory]
    [InlineData("a, b ,c", ',', "a|b|c")]
    [InlineData(" a , \" b \" ,c", ',', "a| b |c")] // blanks within quotes are meant
    [InlineData("a,,", ',', "a||")]
    [InlineData("a,\"\",c", ',', "a||c")]
    [InlineData("a,\"b\"\"c\",d", ',', "a|b\"c|d")]
    [InlineData("a,b\"c\"d", ',', "a|b\"c\"d")]
    [InlineData("a;b,c", ';', "a|b,c")]
    [InlineData("a\tb c\td", '\t', "a|b c|d")]
    [InlineData("a b", ' ', "a|b")]
    [InlineData("a||b", '|', "a||b")]
    public void CellsArePartedByTheSeparator(string line, char separator, string expected) =>
        Assert.Equal([(1, expected)], Rows(line, new CaptionTableOptions { Separator = separator }));

    [Theory]
    [InlineData("a,\"b\"", "a|\"b\"")]
    [InlineData("a,\"b,c\"", "a|\"b|c\"")]
    [InlineData("a,\"open", "a|\"open")]
    [InlineData("a,b\"\"c", "a|b\"\"c")]
    public void WithoutQuotesAQuoteIsText(string line, string expected) =>
        Assert.Equal([(1, expected)], Rows(line, Commas with { Quotes = false }));

    /// <summary>Longer than any caption, a cell is taken for one whose quote does not end; it may have 2^18 characters.</summary>
    [Fact]
    public void ACellMayBeLong()
    {
        var cell = new string('x', 1 << 17);

        Assert.Equal([(1, $"a|{cell}")], Rows($"a,\"{cell}\"", Commas));
        var error = Assert.Throws<ClipException>(() => Rows($"a,b\nc,\"{cell}{cell}{cell}\"", Commas));
        Assert.Contains("line 2: a quoted cell does not end", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Two quotes that happen to stand at the beginnings of cells, lines apart.</summary>
    [Fact]
    public void AQuotedCellOfSeveralRowsIsRefused_WhereTabsPartThem()
    {
        const string text = "a\t\"b\nc\td\ne\tf\"\n";

        Assert.Contains("line 1: a quoted cell", Assert.Throws<ClipException>(() => Rows(text, new())).Message, StringComparison.Ordinal);
        Assert.Equal([(1, "a|b\tc")], Rows("a\t\"b\tc\"\n", new()));
        Assert.Equal([(1, "a|b\nc")], Rows("a\t\"b\nc\"\n", new()));
        // Commas and line ends are in many a text.
        Assert.Equal([(1, "a|b\nc,d\ne")], Rows("a,\"b\nc,d\ne\"\n", Commas));
    }

    [Fact]
    public void AnEncodingIsTheOneGiven_UnlessThereIsAMark()
    {
        File.WriteAllBytes(_folder["a.csv"], [.. "a,caf"u8, 0xE9]);
        var latin = Commas with { Encoding = Encoding.Latin1 };

        Assert.Equal("café", TableRows.Read(_folder["a.csv"], latin).Single().Cells[1]);
        File.WriteAllText(_folder["a.csv"], "a,café", new UTF8Encoding(true));
        Assert.Equal(["a", "café"], TableRows.Read(_folder["a.csv"], latin).Single().Cells);
    }

    [Fact]
    public void ATableIsClosedWhenItIsRead()
    {
        var path = _folder.Write("a.csv", "filepath,title\na,b\n");

        CaptionTable.Read(path, Commas);

        using var alone = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
    }

    /// <summary>In the order in which they are named, not that of the table.</summary>
    [Fact]
    public void CaptionsAreThoseOfTheNamedColumnsInTheirOrder()
    {
        var header = Header("long,filepath,kind,short", "short", "long", "short");

        Assert.Equal(1, header.Image);
        Assert.Equal(["cat", "a sleeping cat"], header.Captions(["a sleeping cat", "a.png", "pet", "cat"]));
        Assert.Equal(["same"], header.Captions([" same", "a.png", "pet", "same "]));
        Assert.Equal(["a sleeping cat"], header.Captions(["a sleeping cat", "a.png"]));
        Assert.Null(header.Fault(["a sleeping cat", "a.png"]));
        Assert.Null(header.Fault(["", "a.png", "", "cat", "", ""]));
    }

    [Theory]
    [InlineData("cat||pet|", "the path is empty")]
    [InlineData("|a.png|pet|", "the caption is empty")]
    [InlineData(" |a.png|pet|\t", "the caption is empty")]
    [InlineData("cat|a\0.png", "the path holds a NUL character")]
    [InlineData("cat", "there are 1 cells where the header has 4, separated by commas")]
    [InlineData("cat|a.png|pet|cat|and", "there are 5 cells where the header has 4, so it is cut by a separator inside of a cell")]
    public void WhatIsWrongWithARowIsTold(string row, string fault) => Assert.StartsWith(
        fault, Header("long,filepath,kind,short", "short", "long").Fault(row.Split('|')), StringComparison.Ordinal);

    /// <summary>Where none is asked for, a row needs a path alone.</summary>
    [Fact]
    public void WithoutCaptionsAPathIsEnough()
    {
        var header = Header("filepath,title");

        Assert.Null(header.Fault(["a.png"]));
        Assert.Empty(header.Captions(["a.png", "cat"]));
    }

    [Fact]
    public void AColumnThatIsMissingOrTwiceIsNamed()
    {
        Refused("path,title", "has no column 'filepath' (it has path, title)");
        Refused("filepath,words", "has no column 'title' (it has filepath, words)");
        Refused("filepath,title,filepath", "has two columns 'filepath'");
        Refused("filepath,title,title", "has two columns 'title'");
        Refused("file\0path,title", "is not a text file in UTF-8");
        Header("filepath,title,kind,kind", "title"); // one that is not read does not matter

        static void Refused(string header, string message) => Assert.Contains(
            message, Assert.Throws<ClipException>(() => Header(header, "title")).Message, StringComparison.Ordinal);
    }

    /// <summary>Where the header has the name between others of its kind; elsewhere a separator is a part of a name.</summary>
    [Theory]
    [InlineData("filepath;title,kind;x", "has cells separated by semicolons, not by commas")]
    [InlineData("\"filepath\" | title,kind|x", "has cells separated by bars, not by commas")]
    [InlineData("file;path,title", "has no column 'filepath' (it has file;path, title)")]
    public void AnotherSeparatorIsNamedWhereItPartsTheNames(string header, string message) => Assert.Contains(
        message, Assert.Throws<ClipException>(() => Header(header, "title")).Message, StringComparison.Ordinal);

    [Fact]
    public void AnySeparatorHasAName() => Assert.EndsWith(
        "separated by '~'",
        new TableHeader("a.csv", ["filepath", "title"], new CaptionTableOptions { Separator = '~' }).Fault(["a.png"]),
        StringComparison.Ordinal);

    [Fact]
    public void ARowThatCannotBeUsedIsAnErrorWhereNobodyIsToldOfIt()
    {
        var path = _folder.Write("a.csv", "filepath,title\na.png,cat\nb.png,\n");

        Assert.Equal(
            $"{path}, line 3: the caption is empty; mend the row or leave it out.",
            Assert.Throws<ClipException>(() => CaptionTable.Read(path, Commas)).Message);
        _folder.Write("a.csv", "filepath,title\na.png,\n,cat\n");
        Assert.Equal(
            $"{path} has no rows below its header that can be used (line 2: the caption is empty); add image paths and captions.",
            Assert.Throws<ClipException>(() => CaptionTable.Read(path, Commas, (_, _) => { })).Message);
    }

    private static TableHeader Header(string header, params string[] captions) =>
        new("a.csv", header.Split(','), Commas with { CaptionKeys = captions });

    private List<(int Line, string Cells)> Rows(string text, CaptionTableOptions options) =>
        [.. TableRows.Read(_folder.Write("rows.csv", text), options).Select(row => (row.Line, string.Join('|', row.Cells)))];
}
