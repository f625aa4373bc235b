using Clip.Cli.Options;
using Clip.Data;
using Clip.Data.Sources;

namespace Clip.Cli.Tests.Commands;

/// <summary>Tables, shards and folders as others have them, whole (test/Goldens/cases): what is usable, what is told of the rest.</summary>
public sealed class CasesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [GoldenData("04-appledouble-tar/mac-000000.tar", 8)]
    [GoldenData("04-appledouble-tar/plain-000000.tar", 8)]
    [InlineData("05-member-names/000000.tar", 8)]
    [GoldenData("07-other-endings/mixed.tar", 34, "00002: it has no image", "00004: the .json has no caption")]
    [InlineData("10-comma-csv/windows.tsv", 12)]
    [InlineData("10-comma-csv/trailing-space.tsv", 12)]
    [InlineData("11-empty-caption/one-empty.tsv", 39, "line 19: the caption is empty")]
    [InlineData("11-empty-caption/one-short.tsv", 39, "line 19: there are 1 cells where the header has 2")]
    [InlineData("11-empty-caption/tabs-at-end.tsv", 40)]
    [InlineData("12-cp1252/pairs-utf8.tsv", 12)]
    [InlineData("12-cp1252/pairs-utf16.tsv", 12)]
    [InlineData("14-hidden-folders/photos", 13)]
    [InlineData("15-jfif/photos", 24)]
    [InlineData("29-five-captions/rows.tsv", 16)]
    public void What_is_usable_is_used_and_the_rest_is_told(string path, int usable, params string[] told)
    {
        using var records = RecordSources.Open(Golden.Path($"cases/{path}"), new RecordSourceOptions());
        var found = SourceStatistics.Of(records, CancellationToken.None);

        Assert.Equal(usable, found.Sizes.Count);
        var reasons = found.Bad.Reasons.Select(bad => $"{bad.Key}: {bad.Value}").ToArray();
        Assert.Equal(told.Length, reasons.Length);
        Assert.All(told, reason => Assert.Contains(reasons, found => found.Contains(reason, StringComparison.Ordinal)));
    }

    [SkippableTheory]
    [InlineData("06-unsorted-tar/000000.tar", "\t", "do not lie side by side", "tar --sort=name")]
    [InlineData("10-comma-csv/pairs.csv", "\t", "separated by commas", "--csv-separator ,")]
    [InlineData("10-comma-csv/padded.csv", "\t", "separated by commas", "--csv-separator ,")]
    [InlineData("10-comma-csv/semicolon.csv", "\t", "separated by semicolons", "--csv-separator \";\"")]
    [InlineData("12-cp1252/pairs.tsv", "\t", "line 2: byte 0xE9", "--csv-encoding")]
    [InlineData("13-open-quote/small.csv", ",", "line 3: a quoted cell", "--csv-quoting none")]
    [InlineData("23-lfs-pointer/pytorch_model.bin", "\t", "is a Git LFS pointer", "git lfs pull")]
    [InlineData("23-lfs-pointer/ViT-B-32.pt", "\t", "is a web page", "download it again")]
    public void What_cannot_be_used_is_refused_with_the_remedy(string path, string separator, string fault, string remedy)
    {
        var options = new RecordSourceOptions { Table = new CaptionTableOptions { Separator = separator[0] } };

        var error = Assert.Throws<ClipException>(() => RecordSources.Open(Golden.Path($"cases/{path}"), options));

        var sentence = Flags.In(error.Message);
        Assert.Contains(fault, sentence, StringComparison.Ordinal);
        Assert.Contains(remedy, sentence, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("pytorch_model.bin", "a Git LFS pointer")]
    [InlineData("ViT-B-32.pt", "a web page")]
    public void What_lies_in_the_place_of_shards_and_Parquet_is_named_too(string file, string named)
    {
        foreach (var name in new[] { "x.tar", "x.parquet", "x.csv" })
        {
            File.Copy(Golden.Path($"cases/23-lfs-pointer/{file}"), _folder[name]);

            var error = Assert.Throws<ClipException>(() => RecordSources.Open(_folder[name], new RecordSourceOptions()));

            Assert.Contains(named, error.Message, StringComparison.Ordinal);
        }
    }

    [SkippableTheory]
    [InlineData("padded.csv", ',')]
    [InlineData("pairs.csv", ',')]
    [InlineData("semicolon.csv", ';')]
    public void With_the_remedy_they_are_read(string file, char separator)
    {
        var table = new CaptionTableOptions { Separator = separator };
        using var records = RecordSources.Open(Golden.Path($"cases/10-comma-csv/{file}"), new RecordSourceOptions { Table = table });

        Assert.Equal(12, SourceStatistics.Of(records, CancellationToken.None).Sizes.Count);
    }

    [SkippableFact]
    public void Of_pandas_quotes_the_cells_are_what_it_wrote()
    {
        var captions = CaptionTable.Read(Golden.Path("cases/13-open-quote/pandas.tsv")).Select(row => row.Captions[0]).ToArray();

        Assert.Equal(12, captions.Length);
        Assert.Equal(["a \"red\" bar", "two\nlines"], captions[..2]);
    }

    [SkippableTheory]
    [InlineData("avif.jpg", "AVIF")]
    [InlineData("heic.jpg", "HEIC")]
    [InlineData("jxl.jpg", "JPEG XL")]
    [InlineData("tiff.jpg", "TIFF")]
    [InlineData("drawing.svg", "an SVG")]
    [InlineData("empty.jpg", "is empty")]
    [InlineData("page.jpg", "an HTML page")]
    [InlineData("pointer.jpg", "a Git LFS pointer")]
    [InlineData("png.jpg", null)]
    [InlineData("../19-png/rgb-bad-iend-crc.png", null)]
    public void Of_a_picture_the_format_is_told_that_was_seen(string file, string? seen)
    {
        var table = _folder.Write("pairs.tsv", $"filepath\ttitle\n{Golden.Path("cases/18-not-what-the-name-says/" + file)}\ta picture\n");
        using var records = RecordSources.Open(table, new RecordSourceOptions());

        var found = SourceStatistics.Of(records, CancellationToken.None);

        if (seen is null) Assert.Empty(found.Bad.Reasons);
        else Assert.Contains(seen, Assert.Single(found.Bad.Reasons).Value, StringComparison.Ordinal);
    }
}
