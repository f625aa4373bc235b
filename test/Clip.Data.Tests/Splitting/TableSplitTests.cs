using Clip.Data.Splitting;
using Clip.Testing;

namespace Clip.Data.Tests.Splitting;

public sealed class TableSplitTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void NamesAreHeldOutOfAllTablesAndLieInTablesOfTheirOwn()
    {
        Tables();
        var counts = Split(SplitBy.Caption, 0.25);

        Assert.Equal(new SplitCounts(4, 1, 9, counts.HeldOutRows), counts);
        var (kept, held) = (Names("out"), Names("out/held-out"));
        Assert.Single(held);
        Assert.Equal(["bear", "cat", "dog", "emu"], kept.Concat(held).Order());
        Assert.All(Rows("out/train.tsv").Concat(Rows("out/val.tsv")), row => Assert.DoesNotContain(row[1], held));
        Assert.All(Rows("out/held-out/train.tsv").Concat(Rows("out/held-out/val.tsv")), row => Assert.Contains(row[1], held));
        Assert.Equal(8, Rows("out/train.tsv").Concat(Rows("out/held-out/train.tsv")).Count());
    }

    [Fact]
    public void AllColumnsStayAndPathsLeadToTheSameFiles()
    {
        Tables();
        Split(SplitBy.Caption, 0.25);

        foreach (var table in new[] { "out/train.tsv", "out/held-out/train.tsv" })
        {
            Assert.Equal("filepath\ttitle\tkind", File.ReadLines(_folder[table]).First());
            Assert.All(Rows(table), row =>
            {
                Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(_folder[table])!, row[0])), row[0]);
                Assert.Equal($"a \"{row[1]}\"", row[2]);
            });
        }
    }

    [Fact]
    public void AnImageIsHeldOutWithAllItsRows()
    {
        Tables();
        var counts = Split(SplitBy.Image, 0.5);

        Assert.Equal((8, 4), (counts.Keys, counts.HeldOutKeys));
        string Files(string folder) => string.Join(' ', new[] { "train.tsv", "val.tsv" }.Where(t => File.Exists(_folder[$"{folder}/{t}"]))
            .SelectMany(t => Rows($"{folder}/{t}")).Select(row => Path.GetFileName(row[0])).Distinct().Order());
        Assert.Empty(Files("out").Split(' ').Intersect(Files("out/held-out").Split(' ')));
    }

    [Fact]
    public void AnImageIsOneHoweverItsPathIsSpelled()
    {
        Tables();
        _folder.Write("one.tsv", "filepath\ttitle\n" + string.Concat(Enumerable.Range(0, 8).Select(i => $"pictures/{i}.png\ta\n")));
        _folder.Write(
            "two.tsv", "filepath\ttitle\n" + string.Concat(Enumerable.Range(0, 8).Select(i => $"./pictures/../pictures/{i}.png\tb\n")));

        var counts = new TableSplit(new CaptionTableOptions())
            .Write([_folder["one.tsv"], _folder["two.tsv"]], SplitBy.Image, 0.5, seed: 1, _folder["out"]);

        Assert.Equal(new SplitCounts(8, 4, 16, 8), counts);
        Assert.Equal(Held("one.tsv"), Held("two.tsv"));

        IEnumerable<string?> Held(string table) => Rows($"out/held-out/{table}").Select(row => Path.GetFileName(row[0])).Order();
    }

    [Fact]
    public void TablesOfOneNameAreRefused()
    {
        Tables();
        _folder.Write("other/train.tsv", File.ReadAllText(_folder["train.tsv"]));

        var refused = Assert.Throws<ClipException>(() => new TableSplit(new CaptionTableOptions())
            .Write([_folder["train.tsv"], _folder["other/train.tsv"]], SplitBy.Caption, 0.5, 1, _folder["out"]));

        Assert.Contains("Two tables are called train.tsv", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Fact]
    public void WhatCannotBeDividedIsRefusedAndNothingIsLeft()
    {
        Tables();
        _folder.Write("one.tsv", "filepath\ttitle\na.png\tcat\nb.png\tblack cat\n");
        _folder.Write("bad.tsv", "filepath\ttitle\na.png\t\n");

        Assert.Contains("of 4 names", Refused("train.tsv", 0.01), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("of 2 names", Refused("one.tsv", 0.5), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("of 4 names", Refused("train.tsv", 1), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("bad.tsv, line 2", Refused("bad.tsv", 0.5), StringComparison.Ordinal);
        Assert.Contains("no table", Refused("none.tsv", 0.5), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]));

        string Refused(string table, double share) => Assert.Throws<ClipException>(() => new TableSplit(new CaptionTableOptions())
            .Write([_folder[table]], SplitBy.Caption, share, 1, _folder["out"])).Message;
    }

    private void Tables()
    {
        string[] names = ["cat", "dog", "emu", "bear"];
        string Row(int i) => $"pictures/{i}.png\t{names[i / 2]}\t\"a \"\"{names[i / 2]}\"\"\"\n";
        for (var i = 0; i < 8; i++) _folder.Write($"pictures/{i}.png", "");
        _folder.Write("train.tsv", "filepath\ttitle\tkind\n" + string.Concat(Enumerable.Range(0, 8).Select(Row)));
        _folder.Write("val.tsv", "filepath\ttitle\tkind\n" + Row(3));
    }

    private SplitCounts Split(SplitBy by, double share) => new TableSplit(new CaptionTableOptions())
        .Write([_folder["train.tsv"], _folder["val.tsv"]], by, share, seed: 1, _folder["out"]);

    private string[] Names(string folder) => File.ReadAllLines(_folder[$"{folder}/classnames.txt"]);

    private IEnumerable<string[]> Rows(string table) => File.Exists(_folder[table])
        ? TableRows.Read(_folder[table], new CaptionTableOptions()).Skip(1).Select(row => row.Cells)
        : [];
}
