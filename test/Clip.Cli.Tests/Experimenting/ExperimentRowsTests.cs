using Clip.Cli.Experimenting;
using Clip.Data;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Clip.Cli.Tests.Experimenting;

/// <summary>What <c>clip experiment classify</c> reads.</summary>
public sealed class ExperimentRowsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AFolderHasAPictureAndALabelInEachRow()
    {
        foreach (var name in new[] { "red/1.png", "red/2.png", "a_blue/3.png" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
            File.WriteAllBytes(_folder[name], Pictures.Png(3, 3).ToArray());
        }

        var rows = ExperimentRows.Read(_folder.Path, Columns(image: "picture"), new CaptionTableOptions());

        Assert.Equal(("label", "picture", null, null), (rows.Label.Name, rows.Image?.Name, rows.Text, rows.Group));
        Assert.Equal((null, null, null), (rows.Label.Index, rows.Image?.Index, rows.Separator));
        Assert.Equal(["label", "picture"], ColumnNames(rows));
        Assert.Equal(
            [$"{_folder["a_blue/3.png"]} a blue", $"{_folder["red/1.png"]} red", $"{_folder["red/2.png"]} red"],
            Values(rows, "picture").Zip(Values(rows, "label"), (path, label) => $"{path} {label}"));
        Assert.Equal("filepath", ExperimentRows.Read(_folder.Path, Columns(), new CaptionTableOptions()).Image?.Name);
    }

    [Theory]
    [InlineData("words", null)]
    [InlineData(null, "scene")]
    public void AFolderHasNeitherTextsNorGroups(string? text, string? group)
    {
        var error = Assert.Throws<ClipException>(
            () => ExperimentRows.Read(_folder.Path, Columns(text: text, group: group), new CaptionTableOptions()));
        Assert.Contains("has neither texts nor groups; give a table", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ATablesColumnsAreThoseThatAreNamed()
    {
        var table = _folder.Write(
            "rows.csv", "scene;label;words;filepath;more\ns1;red;a rose;in/1.png;x\n;;;;\ns2;blue;the sea;/abs/2.png;y\n");

        var rows = ExperimentRows.Read(
            table, Columns(text: "words", group: "scene"), new CaptionTableOptions { Separator = ';', Quotes = false });

        Assert.Equal(
            (("label", 1), ("filepath", 3), ("words", 2), ("scene", 0)),
            (Named(rows.Label), Named(rows.Image), Named(rows.Text), Named(rows.Group)));
        Assert.Equal((';', false), (rows.Separator, rows.Quotes));
        Assert.Equal(["red", "blue"], Values(rows, "label"));
        Assert.Equal([_folder["in/1.png"], "/abs/2.png"], Values(rows, "filepath"));
        Assert.Equal(["a rose", "the sea"], Values(rows, "words"));
        Assert.Equal(["s1", "s2"], Values(rows, "scene"));
    }

    /// <summary>A table of texts needs no pictures, but one that has them is not read without.</summary>
    [Fact]
    public void TextsAloneAreEnough()
    {
        var texts = _folder.Write("texts.tsv", "words\tlabel\na rose\tred\n");
        var both = _folder.Write("both.tsv", "words\tlabel\tfilepath\na rose\tred\t1.png\n");

        var rows = ExperimentRows.Read(texts, Columns(text: "words"), new CaptionTableOptions());

        Assert.Null(rows.Image);
        Assert.Equal(["label", "words"], ColumnNames(rows));
        Assert.Equal("filepath", ExperimentRows.Read(both, Columns(text: "words"), new CaptionTableOptions()).Image?.Name);
        Assert.Contains("has no column 'filepath'", Refused(texts, Columns()), StringComparison.Ordinal);
        Assert.Contains("has no column 'picture'", Refused(texts, Columns(image: "picture", text: "words")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\n", " is empty; its first line must name the columns.")]
    [InlineData("filepath\tlabel\n", " has no rows below its header; add some.")]
    [InlineData("filepath\tkind\n1.png\tred\n", " has no column 'label' (it has filepath, kind); name its columns with --image-column")]
    [InlineData("filepath\tlabel\tlabel\n1.png\tred\tblue\n", " has two columns 'label', and which is meant is not known")]
    [InlineData("filepath\tlabel\n1.png\tred\n\n2.png\n", ", line 4: the label in column 'label' is empty")]
    [InlineData("filepath\tlabel\n\tred\n", ", line 2: the path in column 'filepath' is empty")]
    [InlineData("filepath\tlabel\n1.png\tred\tx\n", ", line 2: there are 3 cells where the header has 2; quote cells")]
    public void WhatIsNoTableOfThemIsToldByItsLine(string text, string told)
    {
        var table = _folder.Write("rows.tsv", text);

        Assert.StartsWith(table + told, Refused(table, Columns()), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsNotThereIsTold() =>
        Assert.StartsWith($"There is no data '{_folder["no"]}'", Refused(_folder["no"], Columns()), StringComparison.Ordinal);

    private static ExperimentColumns Columns(string? image = null, string? text = null, string? group = null) =>
        new("label", image, text, group);

    private static string Refused(string path, ExperimentColumns columns) =>
        Assert.Throws<ClipException>(() => ExperimentRows.Read(path, columns, new CaptionTableOptions())).Message;

    private static (string?, int?) Named(Microsoft.ML.Clip.Experiments.Generation.GeneratedColumn? column) => (column?.Name, column?.Index);

    private static IEnumerable<string> ColumnNames(ExperimentRows rows) =>
        rows.View(new MLContext()).Schema.Select(column => column.Name).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Values(ExperimentRows rows, string column) =>
        rows.View(new MLContext()).GetColumn<ReadOnlyMemory<char>>(column).Select(cell => cell.ToString());
}
