using Clip.Data.Splitting;

namespace Clip.Data.Tests.Splitting;

/// <summary>How the tables of a split are written: as they were read, but for the rows and where their paths lead from.</summary>
public sealed class SplitFilesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void SeparatorsAndQuotesStayAndPathsLeadFromWhereTheTableLies()
    {
        _folder.Write("data/pairs.csv", "image,words,more\nimg/a.png,\"a cat, asleep\",\"x \"\"y\"\"\"\n/abs/b.png,a dog,\" z\"\n");

        Split(new CaptionTableOptions { Separator = ',', ImageKey = "image", CaptionKeys = ["words"] }, "data/pairs.csv");

        var (one, other) = (Lines("out/pairs.csv"), Lines("out/held-out/pairs.csv"));
        Assert.Equal(["image,words,more", "image,words,more"], [one[0], other[0]]);
        var (cat, dog) = one[1].StartsWith('.') ? (one, other) : (other, one);
        var up = ReferenceEquals(cat, one) ? "../" : "../../";
        Assert.Equal([$"{up}data/img/a.png,\"a cat, asleep\",\"x \"\"y\"\"\""], cat[1..]);
        Assert.StartsWith("/abs/b.png,a dog,", Assert.Single(dog[1..]), StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutQuotingCellsAreWrittenAsTheyAre()
    {
        _folder.Write("pairs.tsv", "filepath\ttitle\na.png\ta \"cat\nb.png\ta, dog\n");

        Split(new CaptionTableOptions { Quotes = false }, "pairs.tsv");

        string[] lines = [.. Lines("out/pairs.tsv")[1..], .. Lines("out/held-out/pairs.tsv")[1..]];
        Assert.Equal(["a.png\ta \"cat", "b.png\ta, dog"], lines.Select(line => line.Replace("../", "")).Order(StringComparer.Ordinal));
        Assert.StartsWith("../../", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void NamesAreListedInTheirOrderOnALineEach()
    {
        _folder.Write("pairs.tsv", "filepath\ttitle\na.png\tzebra\nb.png\t\"two\nlines\"\nc.png\tant\nd.png\tzebra\n");

        var counts = Split(new CaptionTableOptions(), "pairs.tsv", 0.34);

        Assert.Equal((3, 1, 4), (counts.Keys, counts.HeldOutKeys, counts.Rows));
        var (kept, held) = (Lines("out/classnames.txt"), Lines("out/held-out/classnames.txt"));
        Assert.Equal(["ant", "two lines", "zebra"], kept.Concat(held).Order(StringComparer.Ordinal));
        Assert.Equal(kept.Order(StringComparer.Ordinal), kept);
        Assert.Equal(counts.HeldOutRows, Lines("out/held-out/pairs.tsv").Count(line => line.Contains(".png", StringComparison.Ordinal)));
    }

    /// <summary>A table of which nothing is left is not written, for it would be no table.</summary>
    [Fact]
    public void ATableWithoutRowsIsNotWritten()
    {
        _folder.Write("one.tsv", "filepath\ttitle\na.png\tcat\nb.png\tdog\n");
        _folder.Write("two.tsv", "filepath\ttitle\nc.png\tcat\n");

        var counts = Split(new CaptionTableOptions(), "one.tsv two.tsv");

        var held = File.ReadAllText(_folder["out/held-out/classnames.txt"]).Trim();
        Assert.Equal(held == "cat", File.Exists(_folder["out/held-out/two.tsv"]));
        Assert.Equal(held == "dog", File.Exists(_folder["out/two.tsv"]));
        Assert.Equal((3, held == "cat" ? 2 : 1), (counts.Rows, counts.HeldOutRows));
    }

    [Fact]
    public void TheSeedDecidesWhatIsHeldOut()
    {
        _folder.Write("pairs.tsv", "filepath\ttitle\n" + string.Concat(Enumerable.Range(0, 30).Select(i => $"{i}.png\tname{i}\n")));
        string[] held = [.. new[] { 1, 1, 2 }.Select(seed =>
        {
            var folder = $"out {Guid.NewGuid():N}";
            new TableSplit(new CaptionTableOptions()).Write([_folder["pairs.tsv"]], SplitBy.Image, 0.2, seed, _folder[folder]);
            return File.ReadAllText(_folder[$"{folder}/held-out/classnames.txt"]);
        })];

        Assert.Equal(held[0], held[1]);
        Assert.NotEqual(held[0], held[2]);
    }

    /// <summary>To the nearest, and between two to the even one.</summary>
    [Theory]
    [InlineData(10, 0.24, 2)]
    [InlineData(10, 0.26, 3)]
    [InlineData(10, 0.25, 2)]
    [InlineData(3, 0.5, 2)]
    [InlineData(10, 0, 0)]
    [InlineData(10, 1, 10)]
    public void AShareIsRounded(int count, double share, int expected) =>
        Assert.Equal(expected, NameSplit.HoldOut([.. Enumerable.Range(0, count).Select(i => $"name{i}")], share, 3).Count);

    [Fact]
    public void AFolderThatHoldsSomethingIsRefused()
    {
        _folder.Write("pairs.tsv", "filepath\ttitle\na.png\tcat\nb.png\tdog\n");
        _folder.Write("out/mine.txt", "mine");

        Assert.Contains(
            "holds something already", Assert.Throws<ClipException>(() => Split(new CaptionTableOptions(), "pairs.tsv")).Message,
            StringComparison.Ordinal);
        Assert.Equal(["mine.txt"], new DirectoryInfo(_folder["out"]).GetFileSystemInfos().Select(entry => entry.Name));
    }

    [Fact]
    public void TablesWithoutAHeaderAreRefused()
    {
        _folder.Write("pairs.tsv", "\n\n");

        Assert.Contains(
            "is empty; its first line must name the columns",
            Assert.Throws<ClipException>(() => Split(new CaptionTableOptions(), "pairs.tsv")).Message, StringComparison.Ordinal);
    }

    private SplitCounts Split(CaptionTableOptions options, string tables, double share = 0.5) => new TableSplit(options).Write(
        [.. tables.Split(' ').Select(table => _folder[table])], SplitBy.Caption, share, seed: 1, _folder["out"]);

    private string[] Lines(string name) => File.ReadAllText(_folder[name]).TrimEnd('\n').Split('\n');
}
