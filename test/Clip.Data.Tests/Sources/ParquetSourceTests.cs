using Clip.Data;
using Clip.Data.Sources;

namespace Clip.Data.Tests.Sources;

public sealed class ParquetSourceTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task RowsOfAllGroupsAndFilesAreRecords()
    {
        await Shards.ParquetAsync(_folder, "0.parquet", 3, 1, 4);
        await Shards.ParquetAsync(_folder, "1.parquet", 2);

        using var records = RecordSources.Open(_folder["{0..1}.parquet"], new RecordSourceOptions { GroupByImage = false });

        Assert.Equal(10, records.Count);
        Assert.Equal(
            [.. Enumerable.Range(0, 8), 0, 1],
            Enumerable.Range(0, 10).Select(i => int.Parse(Shards.Image(records, i).Split(' ')[1], null)));
        Assert.Equal(["caption 6", "another caption 6"], records.ReadCaptions(6));
        Assert.Equal($"{_folder["0.parquet"]}:6", records.Key(6));
        Assert.Equal($"{_folder["1.parquet"]}:1", records.Key(9));
    }

    /// <summary>The second file's images are the first's; each row group keeps those that begin in it.</summary>
    [Fact]
    public async Task RowsWithTheSameImageAreOneRecord()
    {
        await Shards.ParquetAsync(_folder, "0.parquet", 3, 1, 4);
        await Shards.ParquetAsync(_folder, "1.parquet", 2, 7);

        using var records = RecordSources.Open(_folder["{0..1}.parquet"], new RecordSourceOptions());

        Assert.Equal(
            Enumerable.Range(0, 9).Select(i => $"image {i}"),
            Enumerable.Range(0, records.Count).Select(i => Shards.Image(records, i)));
        Assert.Equal([3, 1, 4, 1], Assert.Single(records.Parts).Groups);
        Assert.Equal(["caption 6", "another caption 6"], records.ReadCaptions(6));
    }

    [Fact]
    public async Task AFileWithoutRowsIsTold_AmongOthers()
    {
        await Shards.ParquetAsync(_folder, "0.parquet", 2);
        await Shards.ParquetAsync(_folder, "1.parquet");
        await Shards.ParquetAsync(_folder, "2.parquet", 0, 1);

        using var records = RecordSources.Open(_folder["{0..2}.parquet"], new RecordSourceOptions());

        Assert.Equal(new KeyValuePair<string, string>(_folder["1.parquet"], "it has no rows"), Assert.Single(records.Unusable));
        Assert.Equal(2, records.Count);
    }

    [Theory]
    [InlineData("short", "too short")]
    [InlineData("PAR1 something encrypted PARE", "encrypted")]
    [InlineData("a text, and no table at all", "not a Parquet file")]
    public void WhatIsNoParquetFileIsNamed(string content, string message)
    {
        var path = _folder.Write("x.parquet", content);

        var error = Assert.Throws<ClipException>(() => RecordSources.Open(path, new RecordSourceOptions()));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AColumnThatIsNotThereIsNamedWithItsOption()
    {
        var path = await Shards.ParquetAsync(_folder, "x.parquet", 1);

        Refused(new() { ImageKey = "photo" }, "has no image column 'photo'", "`ImageKey`");
        Refused(new() { CaptionKeys = ["words"] }, "has no caption column 'words'", "`CaptionKeys`");

        void Refused(RecordSourceOptions options, params string[] messages)
        {
            var error = Assert.Throws<ClipException>(() => RecordSources.Open(path, options));
            Assert.All(messages, message => Assert.Contains(message, error.Message, StringComparison.Ordinal));
        }
    }

    /// <summary>
    /// Files of Arrow's own writer (parquet-cpp-arrow 25, pyarrow's): dictionaries, optional structs, row groups of 5 and 3 rows; one
    /// compressed by Snappy with a text, one by Zstandard with lists of one or two. Row 3 has a path in place of bytes, and of the
    /// texts, row 4 is null.
    /// </summary>
    [Theory]
    [InlineData("text.parquet", new[] { "caption 6" }, new[] { "the same caption" })]
    [InlineData("list.parquet", new[] { "caption 6", "another caption 6" }, new[] { "caption 1" })]
    public void FilesOfArrowAreRead(string name, string[] sixth, string[] first)
    {
        var file = Path.Combine(AppContext.BaseDirectory, "Sources/Arrow", name);
        using var records = RecordSources.Open(file, new RecordSourceOptions());

        Assert.Equal(8, records.Count);
        Assert.Equal([5, 3], Assert.Single(records.Parts).Groups);
        Assert.Equal(["image 0", "image 2", "image 7"], new[] { 0, 2, 7 }.Select(i => Shards.Image(records, i)));
        Assert.Equal(sixth, records.ReadCaptions(6));
        Assert.Equal(first, records.ReadCaptions(1));
        Assert.EndsWith("3.png", Assert.Throws<FileNotFoundException>(() => records.ReadImage(3)).FileName, StringComparison.Ordinal);
        if (name == "text.parquet") Assert.Throws<InvalidDataException>(() => records.ReadCaptions(4));
    }

    [Fact]
    public async Task AnEpochShowsEveryRowOnceAndTheRowsOfAWindowTogether()
    {
        using var records = RecordSources.Open(await Shards.ParquetAsync(_folder, "x.parquet", 5, 5, 5, 5), new RecordSourceOptions());
        var part = Assert.Single(records.Parts);
        Assert.Equal([5, 5, 5, 5], part.Groups);

        var sampler = new EpochSampler([part with { Window = 2 }], batchSize: 10, seed: 1);
        var (first, second) = (sampler.BatchOf(0).ToArray(), sampler.BatchOf(1).ToArray());

        Assert.Equal(Enumerable.Range(0, 20), first.Concat(second).Order());
        Assert.Equal(2, first.Select(r => r / 5).Distinct().Count());
        Assert.NotEqual(first.Order(), first);
    }

    [Fact]
    public async Task MissingColumnsAndDamageAreNamed()
    {
        var path = await Shards.ParquetAsync(_folder, "x.parquet", 3);
        var noImage = Assert.Throws<ClipException>(() => RecordSources.Open(path, new RecordSourceOptions { ImageKey = "picture" }));
        Assert.Contains("no image column 'picture' (it has image, caption, width)", noImage.Message, StringComparison.Ordinal);
        var noCaption = Assert.Throws<ClipException>(() => RecordSources.Open(path, new RecordSourceOptions { CaptionKeys = ["alt"] }));
        Assert.Contains("no caption column 'alt'", noCaption.Message, StringComparison.Ordinal);

        var cut = _folder["cut.parquet"];
        File.WriteAllBytes(cut, File.ReadAllBytes(path)[..^20]);
        Assert.Contains(
            "a damaged Parquet file: its end is missing",
            Assert.Throws<ClipException>(() => RecordSources.Open(cut, new RecordSourceOptions())).Message,
            StringComparison.Ordinal);

        var footer = _folder["footer.parquet"];
        var broken = File.ReadAllBytes(path);
        broken.AsSpan(broken.Length - 200, 190).Fill(0xEE);
        File.WriteAllBytes(footer, broken);
        Assert.Contains(
            "a damaged Parquet file: what it says",
            Assert.Throws<ClipException>(() => RecordSources.Open(footer, new RecordSourceOptions())).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "not a Parquet file",
            Assert.Throws<ClipException>(
                () => RecordSources.Open(_folder.Write("no.parquet", new string('x', 99)), new RecordSourceOptions())).Message,
            StringComparison.Ordinal);

        var damaged = _folder["damaged.parquet"];
        var bytes = File.ReadAllBytes(path);
        bytes.AsSpan(4, 30).Fill(0xEE);
        File.WriteAllBytes(damaged, bytes);
        using var records = RecordSources.Open(damaged, new RecordSourceOptions());
        Assert.Contains(
            "row group 0 is damaged", Assert.Throws<InvalidDataException>(() => records.ReadImage(0)).Message, StringComparison.Ordinal);
    }
}
