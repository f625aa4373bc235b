using System.Text;
using Parquet;
using Parquet.Schema;

namespace Clip.Evaluation.Tests;

/// <summary>Which files of a folder, and which of a table's columns, are the set that is measured.</summary>
public sealed class LabeledParquetColumnsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("test", "test-0.parquet", "test-0.parquet", "train-0.parquet", "validation-0.parquet")]
    [InlineData("test", "validation-0.parquet", "train-0.parquet", "val-0.parquet", "validation-0.parquet")]
    [InlineData("test", "val-0.parquet", "train-0.parquet", "val-0.parquet")]
    [InlineData("test", "a.parquet b.parquet", "b.parquet", "a.parquet", "notes.txt", ".c.parquet")]
    [InlineData("train", "train-0.parquet train-1.parquet", "train-1.parquet", "test-0.parquet", "train-0.parquet")]
    [InlineData("train", "a.parquet", "a.parquet")]
    public void OfAFolderThePartsOwnFilesCount(string part, string expected, params string[] files)
    {
        foreach (var file in files) _folder.Write($"set/data/{file}", "");

        var found = LabeledParquet.Files(_folder["set"], part)!;

        Assert.Equal(expected, string.Join(' ', found.Select(Path.GetFileName)));
        Assert.Equal(found, LabeledParquet.Files(_folder["set/data"], part)!);
    }

    [Fact]
    public void AFolderItselfComesBeforeItsData()
    {
        _folder.Write("set/a.parquet", "");
        _folder.Write("set/data/b.parquet", "");
        _folder.Write("other/c.txt", "");

        Assert.Equal([_folder["set/a.parquet"]], LabeledParquet.Files(_folder["set"], "test")!);
        Assert.Equal([_folder["set/a.parquet"]], LabeledParquet.Files(_folder["set/a.parquet"], "train")!);
        Assert.Null(LabeledParquet.Files(_folder["other"], "test"));
    }

    /// <summary>The column that is asked for, or else the usual ones in this order; its names are its own.</summary>
    [Theory]
    [InlineData("kind", "x,label,kind", "kind-b kind-a")]
    [InlineData("absent", "class,fine_label,labels,label", "label-b label-a")]
    [InlineData("absent", "class,fine_label,labels", "labels-b labels-a")]
    [InlineData("absent", "class,fine_label", "fine_label-b fine_label-a")]
    [InlineData("absent", "x,class", "class-b class-a")]
    public async Task TheColumnThatIsAskedForIsTheClass(string key, string columns, string classes)
    {
        var told = columns.Split(',').Select(c => $$"""
            "{{c}}": {"names": ["{{c}}-a", "{{c}}-b"]}
            """);
        var features = $"{{\"info\": {{\"features\": {{{string.Join(',', told)}}}}}}}";
        await WriteAsync("a.parquet", features, columns.Split(','), [1, 0]);

        Assert.Equal(classes, string.Join(' ', Read(key).Images.Select(image => image.Class)));
    }

    [Fact]
    public async Task LabelsThatAreGivenCountBeforeThoseInTheFile()
    {
        await WriteAsync("a.parquet", """{"info": {"features": {"label": {"names": ["cat", "dog"]}}}}""", ["label"], [1, 0]);

        Assert.Equal(["dog", "cat"], Read("label").Images.Select(image => image.Class));
        Assert.Equal(["Hund", "Katze"], Read("label", ["Katze", "Hund"]).Images.Select(image => image.Class));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{info")]
    [InlineData("""{"info": {"features": {"label": {"names": 7}}}}""")]
    [InlineData("""{"info": {"features": {"label": {}}}}""")]
    public async Task FeaturesOfAnotherFormNameNothing(string features)
    {
        await WriteAsync("a.parquet", features, ["label"], [1, 0]);

        Assert.Contains("are numbers, and nothing in it names them", Assert.Throws<ClipException>(() => Read("label")).Message);
        Assert.Equal(["no", "yes"], Read("label", ["yes", "no"]).Images.Select(image => image.Class));
    }

    [Fact]
    public async Task ClassesByNameAreTheirOwnLabelsInOrder()
    {
        DataField<byte[]> bytes = new("bytes", true);
        var schema = new ParquetSchema(new StructField("image", bytes), new DataField<string>("label", true));
        await using (var file = File.Create(_folder["a.parquet"]))
        {
            await using var writer = await ParquetWriter.CreateAsync(schema, file);
            using var group = writer.CreateRowGroup();
            // The same picture three times is three, as in CLIP_benchmark.
            await group.WriteAsync(schema.DataFields[0], Enumerable.Repeat("same"u8.ToArray(), 3).ToArray());
            await group.WriteAsync(schema.DataFields[1], new[] { "dog", "cat", "dog" });
            group.CompleteValidate();
        }

        var set = LabeledParquet.Read("pets", [_folder["a.parquet"]], "label", null, ["a {}"], (_, _) => { });

        Assert.Equal(["dog", "cat", "dog"], set.Images.Select(image => image.Class));
        Assert.Equal(["cat", "dog"], set.Labels);
        Assert.Equal(("pets", "a {}"), (set.Name, Assert.Single(set.Templates!)));
        Assert.Equal(3, set.Images.Select(image => image.ImagePath).Distinct().Count());
    }

    [Fact]
    public async Task ATableWithoutAUsableRowIsRefused()
    {
        await WriteAsync("a.parquet", null, ["label"], [-1, 2]);
        var told = new List<string>();

        var error = Assert.Throws<ClipException>(() => LabeledParquet.Read(
            "a", [_folder["a.parquet"]], "label", ["x", "y"], null, (_, reason) => told.Add(reason)));

        Assert.Contains("has no rows with an image and a class that can be used.", error.Message);
        Assert.Equal(["its class is -1, and there are names for 2", "its class is 2, and there are names for 2"], told);
    }

    [Fact]
    public void WhatIsNoParquetIsNamed()
    {
        _folder.Write("a.parquet", "a text that is long enough");

        Assert.StartsWith($"{_folder["a.parquet"]}: it is not a Parquet file", Assert.Throws<ClipException>(() => Read("label")).Message);
    }

    private LabeledSet Read(string key, string[]? labels = null) => LabeledParquet.Read(
        "set", [_folder["a.parquet"]], key, labels, null, (place, reason) => Assert.Fail($"{place}: {reason}"));

    private async Task WriteAsync(string name, string? features, string[] columns, long[] labels)
    {
        DataField<byte[]> bytes = new("bytes", true);
        var schema = new ParquetSchema([new StructField("image", bytes), .. columns.Select(column => new DataField<long>(column))]);
        await using var file = File.Create(_folder[name]);
        await using var writer = await ParquetWriter.CreateAsync(schema, file);
        if (features is not null) writer.CustomMetadata = new Dictionary<string, string> { ["huggingface"] = features };
        using var group = writer.CreateRowGroup();
        await group.WriteAsync(schema.DataFields[0], labels.Select((_, i) => Encoding.UTF8.GetBytes($"image {i}")).ToArray());
        for (var c = 0; c < columns.Length; c++) await group.WriteAsync<long>(schema.DataFields[c + 1], labels);
        group.CompleteValidate();
    }
}
