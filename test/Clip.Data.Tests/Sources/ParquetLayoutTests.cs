using System.Text;
using Clip.Data.Sources;
using Parquet;
using Parquet.Schema;

namespace Clip.Data.Tests.Sources;

/// <summary>Which columns of a Parquet file are read, by their names and types, and what of their rows counts.</summary>
public sealed class ParquetLayoutTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Wherever they stand in the file.</summary>
    [Theory]
    [InlineData("title img jpg image text caption", "image", "caption")]
    [InlineData("jpg img title text", "jpg", "text")]
    [InlineData("title img", "img", "title")]
    public async Task OfTheUsualColumnsTheFirstCount(string columns, string image, string caption)
    {
        var path = await WriteAsync([.. columns.Split(' ').Select(name => name is "image" or "jpg" or "img"
            ? Bytes(name, $"in {name}") : Texts(name, $"in {name}"))]);

        using var records = RecordSources.Open(path, new RecordSourceOptions());

        Assert.Equal($"in {image}", Shards.Image(records, 0));
        Assert.Equal([$"in {caption}"], records.ReadCaptions(0));
    }

    [Fact]
    public async Task ColumnsThatAreNamedCountAlone()
    {
        var path = await WriteAsync(
            [Bytes("image", "in image"), Bytes("photo", "in photo"), Texts("caption", "c"), Texts("alt", " a "), Texts("blip", "b")]);
        var options = new RecordSourceOptions { ImageKey = "photo", CaptionKeys = ["blip", "alt"] };

        using var records = RecordSources.Open(path, options);
        using var others = RecordSources.Open(path, options with { CaptionKeys = ["alt"] });
        using var usual = RecordSources.Open(path, new RecordSourceOptions());

        Assert.Equal("in photo", Shards.Image(records, 0));
        Assert.Equal(["b", "a"], records.ReadCaptions(0));
        Assert.Equal(3, new[] { records, others, usual }.Select(source => source.Fingerprint).Distinct().Count());
    }

    [Fact]
    public async Task ATextForAnImageIsAPathFromTheFile()
    {
        _folder.Write("photos/a.png", "picture a");
        var path = await WriteAsync(
            [
                Texts("image", "photos/a.png", _folder["photos/a.png"], "photos/../photos/a.png", null, "photos/b.png", ""),
                Texts("caption", "one", "two", "three", "four", "five", "six"),
            ]);

        using var records = RecordSources.Open(path, new RecordSourceOptions());

        Assert.Equal(4, records.Count); // the first three are one
        Assert.Equal(["one", "two", "three"], records.ReadCaptions(0));
        Assert.Equal("picture a", Shards.Image(records, 0));
        Assert.Equal("it has no image", Assert.Throws<InvalidDataException>(() => records.ReadImage(1)).Message);
        Assert.Throws<FileNotFoundException>(() => records.ReadImage(2));
        Assert.Equal($"{path}:3", records.Key(1));
    }

    [Fact]
    public async Task RowsOfNoImageAreNotOneImage()
    {
        var path = await WriteAsync([Bytes("image", null, "", null, "x", "x"), Texts("caption", "1", "2", "3", "4", "5")]);

        using var records = RecordSources.Open(path, new RecordSourceOptions());

        Assert.Equal(4, records.Count);
        Assert.All([0, 1, 2], record => Assert.Throws<InvalidDataException>(() => records.ReadImage(record)));
        Assert.Equal(["4", "5"], records.ReadCaptions(3));
    }

    [Fact]
    public async Task CaptionsOfBlanksOrNothingAreNone()
    {
        var path = await WriteAsync([Bytes("image", "1", "2", "3"), Texts("caption", null, " \n", " a cat ")]);

        using var records = RecordSources.Open(path, new RecordSourceOptions());

        Assert.All([0, 1], record => Assert.Equal(
            "the caption is empty", Assert.Throws<InvalidDataException>(() => records.ReadCaptions(record)).Message));
        Assert.Equal(["a cat"], records.ReadCaptions(2));
    }

    /// <summary>Numbers are no captions unless somebody knows their names.</summary>
    [Fact]
    public async Task NumbersOfClassesAreReadWhereTheyMayBeSome()
    {
        var file = await WriteAsync([Bytes("image", "1", "2"), Numbers("label", 7, -1), Wholes("fine", 3, 4), Texts("other", "a", "b")]);
        var options = new RecordSourceOptions { CaptionKeys = ["label", "fine"], ClassNames = ClassNames.None };

        using (var records = RecordSources.Open(file, options))
        {
            Assert.Equal([["7", "3"], ["-1", "4"]], new[] { 0, 1 }.Select(records.ReadCaptions));
        }

        var error = Assert.Throws<ClipException>(() => RecordSources.Open(file, options with { ClassNames = null }));
        Assert.Contains("no caption column 'label' (it has image, label, fine, other)", error.Message, StringComparison.Ordinal);
        using var table = ParquetTable.Open(file, "image", ["fine"], classes: true);
        using var text = ParquetTable.Open(file, "image", ["other"], classes: true);
        Assert.Equal((true, false, true), (table.HasNumbers, text.HasNumbers, table.HasBytes));
        Assert.Equal(["image", "label", "fine", "other"], table.Names);
        Assert.Null(table.Features);
    }

    [Fact]
    public async Task AFileOfPicturesAloneHasNoCaptions_UnlessNoneAreAskedFor()
    {
        var path = await WriteAsync([Bytes("image", "1", "2")]);

        using (var records = RecordSources.Open(path, new RecordSourceOptions().WithoutCaptions())) Assert.Equal(2, records.Count);
        var error = Assert.Throws<ClipException>(() => RecordSources.Open(path, new RecordSourceOptions()));

        Assert.Contains("has no caption column (it has image); name it with `CaptionKeys`.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFolderHasManyFiles_AndSmallGroupsAreManyToAWindow()
    {
        await WriteAsync([Bytes("image", "1"), Texts("caption", "one")], "set/0.parquet");
        await WriteAsync([Bytes("image", "2"), Texts("caption", "two")], "set/1.parquet");

        using var records = RecordSources.Open(_folder["set"], new RecordSourceOptions());

        Assert.Equal(["1", "2"], new[] { 0, 1 }.Select(i => Shards.Image(records, i)));
        var part = Assert.Single(records.Parts);
        Assert.Equal((2, 1 << 16), (part.Count, part.Window));
        Assert.StartsWith("2 pairs ", records.Fingerprint, StringComparison.Ordinal);
        Assert.EndsWith(", window 65536", records.Fingerprint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFileThatIsClosedIsNotRead()
    {
        var records = RecordSources.Open(await WriteAsync([Bytes("image", "1"), Texts("caption", "one")]), new RecordSourceOptions
        {
            GroupByImage = false,
        });
        records.Dispose();

        Assert.ThrowsAny<Exception>(() => records.ReadImage(0));
    }

    private static Column Bytes(string name, params string?[] values) => new(
        new DataField<byte[]>(name, true),
        (group, field) => group.WriteAsync(field, values.Select(v => v is null ? null! : Encoding.UTF8.GetBytes(v)).ToArray()));

    private static Column Texts(string name, params string?[] values) =>
        new(new DataField<string>(name, true), (group, field) => group.WriteAsync(field, values.Select(v => v!).ToArray()));

    private static Column Numbers(string name, params long[] values) =>
        new(new DataField<long>(name), (group, field) => group.WriteAsync<long>(field, values));

    private static Column Wholes(string name, params int[] values) =>
        new(new DataField<int>(name), (group, field) => group.WriteAsync<int>(field, values));

    private async Task<string> WriteAsync(Column[] columns, string name = "x.parquet")
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
        var schema = new ParquetSchema(columns.Select(column => (Field)column.Field).ToArray());
        await using var file = File.Create(_folder[name]);
        await using var writer = await ParquetWriter.CreateAsync(schema, file);
        using var group = writer.CreateRowGroup();
        for (var i = 0; i < columns.Length; i++) await columns[i].Write(group, schema.DataFields[i]);
        group.CompleteValidate();
        return _folder[name];
    }

    private sealed record Column(DataField Field, Func<ParquetRowGroupWriter, DataField, Task> Write);
}
