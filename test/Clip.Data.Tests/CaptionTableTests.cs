using System.Diagnostics;
using System.Text;
using Clip.Data;

namespace Clip.Data.Tests;

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
        var path = _folder.Write("pairs.csv", "image,short,long\na.png,cat,a sleeping cat\nb.png,,a dog\nc.png,bird, bird\n");

        var rows = CaptionTable.Read(
            path, new CaptionTableOptions { Separator = ',', ImageKey = "image", CaptionKeys = ["short", "long"] });

        Assert.Equal(["cat", "a sleeping cat"], rows[0].Captions);
        Assert.Equal(["a dog"], rows[1].Captions);
        Assert.Equal(["bird"], rows[2].Captions); // once, though in both
    }

    [Fact]
    public void CommaSeparatedCellsMayBeQuoted()
    {
        var path = _folder.Write("pairs.csv", "filepath,title\n\"a,1.png\",\"a \"\"big\"\" cat,\nasleep\"\nb.png,5\" dog\n");

        var rows = CaptionTable.Read(path, new CaptionTableOptions { Separator = ',' });

        Assert.Equal([_folder["a,1.png"], _folder["b.png"]], rows.Select(r => r.Path));
        Assert.Equal(["a \"big\" cat,\nasleep", "5\" dog"], rows.SelectMany(r => r.Captions));
    }

    /// <summary>As pandas writes what has quotes, tabs or line ends in it.</summary>
    [Fact]
    public void CellsBetweenTabsMayBeQuotedToo()
    {
        var path = _folder.Write("pairs.tsv", "filepath\ttitle\na.png\t\"a \"\"red\"\" bar\"\nb.png\t\"two\nlines\"\nc.png\t5\" nail\n");

        Assert.Equal(["a \"red\" bar", "two\nlines", "5\" nail"], CaptionTable.Read(path).SelectMany(r => r.Captions));
    }

    [Fact]
    public void WithoutQuotingAQuoteIsAQuote()
    {
        var path = _folder.Write("pairs.tsv", "filepath\ttitle\na.png\t\"cat\nb.png\tdog\"\n");

        Assert.Equal(["\"cat", "dog\""], CaptionTable.Read(path, new() { Quotes = false }).SelectMany(r => r.Captions));
        AssertRefused(path, "line 2", "`CaptionTableOptions.Quotes=false`"); // two rows would be one caption
    }

    [Theory]
    [InlineData("a.png,x\nb.png,\"cat\nc.png,dog\n")] // never ends
    [InlineData("a.png,x\nb.png,\"cat\nc.png,\"dog\"\n")] // ends where another begins
    [InlineData("a.png,x\nb.png,\"cat\" on a mat\n")] // has something behind its end
    [InlineData("\"a\n.png\",x\nb.png,\"cat\"\"\nc.png,dog\n", "line 4")] // a doubled quote ends nothing
    public void AQuotedCellThatDoesNotEndIsNamed(string rows, string line = "line 3") =>
        AssertRefused(
            _folder.Write("pairs.csv", "filepath,title\n" + rows), new CaptionTableOptions { Separator = ',' }, line, "quoted cell");

    [Fact]
    public void AnOpenQuoteBeforeMegabytesIsFoundAtOnce()
    {
        var text = new StringBuilder("filepath,title\na.png,x\nb.png,\"open\n");
        for (var i = 0; text.Length < 20_000_000; i++) text.Append("img/").Append(i).Append(".jpg,a row of a table\n");
        var path = _folder.Write("pairs.csv", text.ToString());

        var clock = Stopwatch.StartNew();
        AssertRefused(path, new CaptionTableOptions { Separator = ',' }, "line 3", "quoted cell");
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 5); // quadratic, it was hours
    }

    [Fact]
    public void BlanksAroundCellsAndPathsOfWindowsAreRead()
    {
        _folder.Write("img/a.png", "");
        var path = _folder.Write(
            "pairs.csv", "\uFEFFfilepath , title\r\nimg\\a.png ,\ta cat \r\n\r\n img/b.png, \"a dog, big\" \r\n , \r\n");

        var rows = CaptionTable.Read(path, new CaptionTableOptions { Separator = ',' });

        Assert.Equal([_folder["img/a.png"], _folder["img/b.png"]], rows.Select(r => r.Path));
        Assert.Equal(["a cat", "a dog, big"], rows.SelectMany(r => r.Captions));
    }

    /// <summary>Elsewhere than on Windows a backslash may be a part of a name.</summary>
    [SkippableFact]
    public void AFileWhoseNameHasABackslashComesBeforeAFolder()
    {
        Skip.If(OperatingSystem.IsWindows(), "A backslash separates folders there.");
        var table = _folder.Write("pairs.tsv", "filepath\ttitle\na\\b.png\ta cat\nc\\d.png\ta dog\n");
        _folder.Write("a\\b.png", "a picture");

        Assert.Equal([_folder["a\\b.png"], _folder["c/d.png"]], CaptionTable.Read(table).Select(row => row.Path));
    }

    [Fact]
    public void RowsThatCannotBeUsedAreToldAndLeftOut()
    {
        var path = _folder.Write(
            "pairs.tsv",
            "filepath\ttitle\na.png\ta cat\nb.png\t \nc.png\n\td\ne\0.png\te\nf.png\tcut\tby a tab\ng.png\ta dog\t\t\n\t\n");
        var bad = new List<(string Place, string Reason)>();

        var rows = CaptionTable.Read(path, onBad: (place, reason) => bad.Add((place, reason)));

        Assert.Equal(["a cat", "a dog"], rows.SelectMany(r => r.Captions));
        Assert.Equal(Enumerable.Range(3, 5).Select(line => $"{path}, line {line}"), bad.Select(b => b.Place));
        string[] reasons = ["caption is empty", "1 cells where the header has 2", "path is empty", "NUL", "3 cells where the header has 2"];
        Assert.All(bad.Zip(reasons), b => Assert.Contains(b.Second, b.First.Reason, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("filepath,title", "a.png,\"a cat, asleep\"", '\t', "separated by commas, not by tabs", "`CaptionTableOptions.Separator` ,")]
    [InlineData("filepath;title", "a.png;cat", '\t', "separated by semicolons", "`CaptionTableOptions.Separator` \";\"")]
    [InlineData("filepath|title", "a.png|cat", ',', "separated by bars, not by commas", "`CaptionTableOptions.Separator` \"|\"")]
    [InlineData("filepath\ttitle", "a.png\tcat", ',', "separated by tabs, not by commas", "`CaptionTableOptions.Separator` tab")]
    [InlineData("image,caption", "a.png,cat", '\t', "separated by commas", "`CaptionTableOptions.Separator` ,")]
    public void AnotherSeparatorIsNamed(string header, string row, char separator, params string[] expected) =>
        AssertRefused(_folder.Write("pairs.csv", $"{header}\n{row}\n"), new CaptionTableOptions { Separator = separator }, expected);

    [Fact]
    public void AColumnThatIsThereTwiceIsRefused() =>
        AssertRefused(_folder.Write("pairs.tsv", "filepath\ttitle\ttitle\na.png\tcat\tdog\n"), "two columns 'title'");

    [Theory]
    [InlineData("")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("utf-32")]
    public void AByteOrderMarkTellsTheEncoding(string encoding)
    {
        var path = _folder["pairs.tsv"];
        var written = encoding.Length == 0 ? new UTF8Encoding(true) : Encoding.GetEncoding(encoding);
        File.WriteAllText(path, "filepath\ttitle\na.png\tthe café’s sign\n", written);

        Assert.Equal(["the café’s sign"], CaptionTable.Read(path).SelectMany(r => r.Captions));
    }

    /// <summary>At the beginning, behind a block's end, and with the block's end within a character.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(65_536)]
    [InlineData(65_515)]
    [InlineData(65_519)]
    public void WhatIsNotInItsEncodingIsNamedByLineAndByte(int before)
    {
        var path = _folder["pairs.tsv"];
        var start = Encoding.UTF8.GetBytes($"filepath\ttitle\n{new string('x', before)}.png\té\nb.png\tcaf");
        File.WriteAllBytes(path, [.. start, 0xE9, .. "\n"u8]);

        AssertRefused(path, "line 3", "0xE9", $"offset {start.Length} ", "not UTF-8", "`CaptionTableOptions.Encoding`");
        Assert.Equal("café", CaptionTable.Read(path, new() { Encoding = TextFile.Named("latin_1") })[^1].Captions[0]);
    }

    [Fact]
    public void WhatIsNoTextIsNamed()
    {
        File.WriteAllBytes(_folder["pairs.tsv"], [0xFF, 0xD8, 0xFF, 0xE0, 0, 16]);

        AssertRefused(_folder["pairs.tsv"], "not a text file but a JPEG");
        Assert.Throws<ClipException>(() => TextFile.ReadLines(_folder["pairs.tsv"]).ToList());
    }

    [Theory]
    [InlineData("latin-1", "iso-8859-1")]
    [InlineData("iso8859-1", "iso-8859-1")]
    [InlineData("cp1252", "windows-1252")]
    [InlineData("utf8", "utf-8")]
    [InlineData("UTF_8_SIG", "utf-8")]
    [InlineData("utf-16-le", "utf-16")]
    [InlineData("utf_16_be", "utf-16BE")]
    [InlineData("Shift_JIS", "shift_jis")]
    [InlineData("euc_kr", "euc-kr")]
    [InlineData("gbk", "gb2312")]
    public void EncodingsHaveTheNamesOfDotNetAndPython(string name, string expected) =>
        Assert.Equal(expected, TextFile.Named(name).WebName);

    [Fact]
    public void OtherEncodingsAreReadWhenNamed()
    {
        var path = _folder["pairs.tsv"];
        File.WriteAllBytes(path, [.. "filepath\ttitle\na.png\tcaf"u8, 0xE9, 0x92, .. "s\n"u8]);
        Assert.Equal("café’s", CaptionTable.Read(path, new() { Encoding = TextFile.Named("cp1252") })[0].Captions[0]);

        File.WriteAllBytes(path, Encoding.Unicode.GetBytes("filepath\ttitle\na.png\tcat\n")); // without a mark
        AssertRefused(path, "not a text file in UTF-8");
        Assert.Equal("cat", CaptionTable.Read(path, new() { Encoding = TextFile.Named("utf-16") })[0].Captions[0]);
        var error = Assert.Throws<ClipException>(() => TextFile.Named("klingon"));
        Assert.Contains("'klingon' is no encoding", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("\n\n", "is empty")]
    [InlineData("filepath\ttitle\n", "no rows")]
    [InlineData("file\ttitle\na.png\tcat\n", "no column 'filepath'")]
    [InlineData("filepath\ttitle\na.png,cat\n", "line 2")]
    [InlineData("filepath\ttitle\na.png\t \n", "caption is empty")]
    public void WhatIsWrongIsNamed(string text, string expected)
    {
        var path = _folder.Write("pairs.tsv", text);

        AssertRefused(path, path, expected);
    }

    [Fact]
    public void AMissingTableIsNamed() =>
        Assert.Contains(
            "nowhere.tsv", Assert.Throws<ClipException>(() => CaptionTable.Read("nowhere.tsv")).Message, StringComparison.Ordinal);

    private static void AssertRefused(string path, params string[] expected) => AssertRefused(path, new CaptionTableOptions(), expected);

    private static void AssertRefused(string path, CaptionTableOptions options, params string[] expected)
    {
        var error = Assert.Throws<ClipException>(() => CaptionTable.Read(path, options));
        Assert.All(expected, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }
}
