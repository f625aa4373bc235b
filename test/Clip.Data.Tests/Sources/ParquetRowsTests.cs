using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Clip.Data.Sources;
using Parquet;
using Parquet.Schema;

namespace Clip.Data.Tests.Sources;

/// <summary>Rows of lists and structs, of which any part may be missing: every row keeps its own.</summary>
public sealed class ParquetRowsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Two captions, no list, an empty list, a list of nothing and a text, one caption.</summary>
    [Fact]
    public async Task RowsWithoutAListKeepTheirPlace()
    {
        DataField<byte[]> bytes = new("image", true);
        DataField<string> element = new("element", true);
        var schema = new ParquetSchema(bytes, new ListField("caption", element));
        var texts = schema.DataFields[1];
        var full = texts.MaxDefinitionLevel;
        using (var writing = await Writing.BeginAsync(_folder["x.parquet"], schema))
        {
            await writing.Group.WriteAsync(bytes, Enumerable.Range(0, 5).Select(i => Encoding.UTF8.GetBytes($"image {i}")).ToArray());
            await writing.Group.WriteAllPartsAsync<ReadOnlyMemory<char>>(
                texts, new[] { "a", "b", "c", "d" }.Select(text => text.AsMemory()).ToArray(),
                new[] { full, full, 0, 1, full - 1, full, full }, new[] { 0, 1, 0, 0, 0, 1, 0 }, CancellationToken.None);
            await writing.EndAsync();
        }

        using var records = RecordSources.Open(_folder["x.parquet"], new RecordSourceOptions());

        Assert.Equal(
            Enumerable.Range(0, 5).Select(i => $"image {i}"),
            Enumerable.Range(0, records.Count).Select(i => Shards.Image(records, i)));
        Assert.Equal([["a", "b"], ["c"], ["d"]], new[] { 0, 3, 4 }.Select(records.ReadCaptions));
        Assert.All([1, 2], record => Assert.Throws<InvalidDataException>(() => records.ReadCaptions(record)));
    }

    /// <summary>Bytes count before a path, and a path where there are none, or none in them.</summary>
    [Fact]
    public async Task AnImageIsItsBytesOrElseItsPath()
    {
        DataField<byte[]> bytes = new("bytes", true);
        DataField<string> path = new("path", true), caption = new("caption");
        var schema = new ParquetSchema(new StructField("image", bytes, path), caption);
        _folder.Write("set/a.png", "picture a");
        using (var writing = await Writing.BeginAsync(_folder["set/x.parquet"], schema))
        {
            await writing.Group.WriteAsync(schema.DataFields[0], new byte[][] { [1, 2], [], null!, null!, [] });
            await writing.Group.WriteAsync(schema.DataFields[1], new[] { "absent.png", "a.png", "a.png", null!, null! });
            await writing.Group.WriteAsync(schema.DataFields[2], new[] { "one", "two", "three", "four", "five" });
            await writing.EndAsync();
        }

        using var records = RecordSources.Open(_folder["set/x.parquet"], new RecordSourceOptions { GroupByImage = false });
        using var grouped = RecordSources.Open(_folder["set/x.parquet"], new RecordSourceOptions());

        Assert.Equal(["\u0001\u0002", "picture a", "picture a"], Enumerable.Range(0, 3).Select(i => Shards.Image(records, i)));
        Assert.All([3, 4], record => Assert.Equal(
            "it has no image", Assert.Throws<InvalidDataException>(() => records.ReadImage(record)).Message));
        Assert.Equal([["one"], ["two", "three"], ["four"], ["five"]], Enumerable.Range(0, grouped.Count).Select(grouped.ReadCaptions));
        Assert.Equal([0, 1, 2, 3, 4], Enumerable.Range(0, 5).Select(records.ImageId));
    }

    [Fact]
    public async Task ACaptionMayBeANumberOfAClassOrNone()
    {
        DataField<byte[]> bytes = new("image", true);
        DataField<long?> label = new("label");
        DataField<int?> fine = new("fine");
        var schema = new ParquetSchema(bytes, label, fine);
        using (var writing = await Writing.BeginAsync(_folder["x.parquet"], schema))
        {
            await writing.Group.WriteAsync(bytes, new[] { "a"u8.ToArray(), "b"u8.ToArray(), "c"u8.ToArray() });
            await writing.Group.WriteAsync<long>(label, new long?[] { null, 1L << 40, -2 });
            await writing.Group.WriteAsync<int>(fine, new int?[] { 5, null, null });
            await writing.EndAsync();
        }

        var options = new RecordSourceOptions { CaptionKeys = ["label", "fine"], ClassNames = ClassNames.None };
        using var records = RecordSources.Open(_folder["x.parquet"], options);

        Assert.Equal([["5"], ["1099511627776"], ["-2"]], Enumerable.Range(0, records.Count).Select(records.ReadCaptions));
    }

    /// <summary>Columns of a kind that is none are as if they were not there.</summary>
    [Fact]
    public async Task NumbersAreNoImagesAndBytesNoCaptions()
    {
        DataField<int> image = new("image");
        DataField<byte[]> caption = new("caption", true), jpg = new("jpg", true);
        DataField<string> text = new("text", true);
        var schema = new ParquetSchema(image, caption, jpg, text);
        using (var writing = await Writing.BeginAsync(_folder["x.parquet"], schema))
        {
            await writing.Group.WriteAsync<int>(image, new[] { 1 });
            await writing.Group.WriteAsync(caption, new[] { "bytes"u8.ToArray() });
            await writing.Group.WriteAsync(jpg, new[] { "in jpg"u8.ToArray() });
            await writing.Group.WriteAsync(text, new[] { "in text" });
            await writing.EndAsync();
        }

        using var records = RecordSources.Open(_folder["x.parquet"], new RecordSourceOptions { ImageKey = "jpg" });

        Assert.Equal(("in jpg", "in text"), (Shards.Image(records, 0), Assert.Single(records.ReadCaptions(0))));
    }

    /// <summary>Reading a column again for each of its rows would take hours.</summary>
    [Fact]
    public async Task ARowGroupIsReadOnce()
    {
        var path = await Shards.ParquetAsync(_folder, "x.parquet", 3, 2);
        using var records = (ParquetSource)RecordSources.Open(path, new RecordSourceOptions());

        for (var record = 0; record < 5; record++)
        {
            using ImageBytes first = records.ReadImage(record), second = records.ReadImage(record);
            Assert.True(Unsafe.AreSame(in MemoryMarshal.GetReference(first.Span), in MemoryMarshal.GetReference(second.Span)));
        }

        Assert.Same(records.ReadCaptions(4), records.ReadCaptions(4));
    }

    /// <summary>The largest group counts, wherever it stands: a window of any groups fits into a quarter of a gigabyte.</summary>
    [Fact]
    public async Task AWindowIsOfAsManyGroupsAsFit()
    {
        DataField<byte[]> image = new("image", true);
        DataField<string> caption = new("caption");
        var (schema, names) = (new ParquetSchema(image, caption), new[] { "0.parquet", "1.parquet", "2.parquet" });
        foreach (var (name, size) in names.Zip([5_000, 3_000_000, 40_000]))
        {
            using var writing = await Writing.BeginAsync(_folder[name], schema);
            var bytes = new byte[size];
            new Random(size).NextBytes(bytes);
            await writing.Group.WriteAsync(image, new[] { bytes });
            await writing.Group.WriteAsync(caption, new[] { "a" });
            await writing.EndAsync();
        }

        using var records = RecordSources.Open(_folder["{0..2}.parquet"], new RecordSourceOptions());
        using var largest = ParquetTable.Open(_folder["1.parquet"], null, null);

        Assert.InRange(largest.Groups[0].Bytes, 3_000_000, 3_100_000);
        Assert.Equal((int)((256L << 20) / largest.Groups[0].Bytes), Assert.Single(records.Parts).Window);
    }

    [Fact]
    public async Task ARecordTellsItsFile()
    {
        string[] files = [await Shards.ParquetAsync(_folder, "0.parquet", 2, 1), await Shards.ParquetAsync(_folder, "1.parquet", 3)];
        using var records = (ParquetSource)RecordSources.Open(
            _folder["{0..1}.parquet"], new RecordSourceOptions { GroupByImage = false });

        Assert.Equal([files[0], files[0], files[0], files[1], files[1], files[1]], Enumerable.Range(0, 6).Select(records.FileOf));
        Assert.Equal(new[] { 0, 1, 2 }.Select(i => $"{files[0]}:{i}").Concat(new[] { 0, 1, 2 }.Select(i => $"{files[1]}:{i}")),
            Enumerable.Range(0, 6).Select(records.Key));
    }

    [Fact]
    public async Task FilesAreToldApartByNamesGroupsAndOrder()
    {
        await Shards.ParquetAsync(_folder, "a.parquet", 2, 1);
        await Shards.ParquetAsync(_folder, "b.parquet", 1, 2);
        await Shards.ParquetAsync(_folder, "c.parquet", 3);
        File.Copy(_folder["a.parquet"], _folder["d.parquet"]);
        Directory.CreateDirectory(_folder["other"]);
        File.Copy(_folder["a.parquet"], _folder["other/a.parquet"]);

        string[] names = ["a", "b", "c", "d", "{a,b}", "{b,a}"];
        var fingerprints = names.Select(name => Fingerprint($"{name}.parquet")).ToArray();

        Assert.Equal(names.Length, fingerprints.Distinct().Count());
        Assert.StartsWith("3 pairs ", fingerprints[0], StringComparison.Ordinal);
        Assert.Equal(fingerprints[0], Fingerprint("other/a.parquet"));

        string Fingerprint(string name)
        {
            using var records = RecordSources.Open(_folder[name], new RecordSourceOptions { GroupByImage = false });
            return records.Fingerprint;
        }
    }

    [Fact]
    public async Task WhatHuggingFacesLibraryWroteIsTold()
    {
        DataField<byte[]> bytes = new("image", true);
        DataField<string> caption = new("caption");
        using (var writing = await Writing.BeginAsync(_folder["x.parquet"], new ParquetSchema(bytes, caption)))
        {
            writing.Writer.CustomMetadata = new Dictionary<string, string> { ["huggingface"] = "{\"info\": 1}", ["pandas"] = "x" };
            await writing.Group.WriteAsync(bytes, new[] { "a"u8.ToArray() });
            await writing.Group.WriteAsync(caption, new[] { "a" });
            await writing.EndAsync();
        }

        using var table = ParquetTable.Open(_folder["x.parquet"], null, null);

        Assert.Equal("{\"info\": 1}", table.Features);
        Assert.Equal("image caption", table.Columns);
        Assert.False(table.HasNumbers);
    }

    /// <summary>One row group that is written.</summary>
    private sealed class Writing(FileStream file, ParquetWriter writer) : IDisposable
    {
        public ParquetWriter Writer => writer;

        public ParquetRowGroupWriter Group { get; } = writer.CreateRowGroup();

        public static async Task<Writing> BeginAsync(string path, ParquetSchema schema)
        {
            var file = File.Create(path);
            return new Writing(file, await ParquetWriter.CreateAsync(schema, file));
        }

        public async Task EndAsync()
        {
            Group.CompleteValidate();
            Group.Dispose();
            await writer.DisposeAsync();
        }

        public void Dispose() => file.Dispose();
    }
}
