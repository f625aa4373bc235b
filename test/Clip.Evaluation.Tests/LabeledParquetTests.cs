using System.Text;
using Parquet;
using Parquet.Schema;

namespace Clip.Evaluation.Tests;

/// <summary>Labeled pictures in Parquet, as Hugging Face's library writes them.</summary>
public sealed class LabeledParquetTests : IDisposable
{
    private const string Features = """
        {"info": {"features": {"image": {"_type": "Image"}, "label": {"names": ["cat", "dog", "cow"], "_type": "ClassLabel"}}}}
        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task NumbersHaveTheNamesThatTheFileTells()
    {
        await WriteAsync("set/test-00000-of-00001.parquet", Features, 2, 0);
        await WriteAsync("set/train-00000-of-00001.parquet", Features, 1, 1, 1);

        var set = Read("set", "title");

        Assert.Equal(["cow", "cat"], set.Images.Select(image => image.Class));
        Assert.Equal(["cat", "dog", "cow"], set.Labels);
        Assert.Equal("image 1", Encoding.UTF8.GetString(set.Images[1].Read()));
        Assert.Equal(_folder["set/test-00000-of-00001.parquet"], set.Images[1].Container);
        Assert.Equal([_folder["set/train-00000-of-00001.parquet"]], LabeledParquet.Files(_folder["set"], "train"));
    }

    [Fact]
    public async Task LabelsThatAreGivenNameTheNumbers()
    {
        await WriteAsync("a.parquet", null, 1, 0);

        Assert.Equal(["Hund", "Katze"], Read("a.parquet", "label", "Katze", "Hund").Images.Select(image => image.Class));
    }

    [Fact]
    public async Task NumbersThatNothingNamesAreRefused()
    {
        await WriteAsync("a.parquet", null, 1, 0);

        Assert.Equal(
            $"The classes of {_folder["a.parquet"]} are numbers, and nothing in it names them; give the labels by number.",
            Assert.Throws<ClipException>(() => Read("a.parquet", "label")).Message);
    }

    [Fact]
    public async Task ANumberWithoutANameIsTold()
    {
        await WriteAsync("a.parquet", Features, 0, 7);
        var told = new List<string>();

        var set = LabeledParquet.Read("a", [_folder["a.parquet"]], "label", null, null, (place, reason) => told.Add($"{place}: {reason}"));

        Assert.Equal("cat", Assert.Single(set.Images).Class);
        Assert.Equal([$"{_folder["a.parquet"]}:1: its class is 7, and there are names for 3"], told);
    }

    [Fact]
    public async Task AnAbsentColumnIsNamed()
    {
        await WriteAsync("a.parquet", null, 0);
        await WriteAsync("b.parquet", null, "number", 0);

        Assert.Contains(
            "b.parquet has no caption column 'class' (it has image, number)",
            Assert.Throws<ClipException>(() => Read("b.parquet", "title")).Message, StringComparison.Ordinal);
        Assert.Null(LabeledParquet.Files(_folder["a.tsv"], "test"));
    }

    private LabeledSet Read(string path, string key, params string[] labels) => LabeledParquet.Read(
        "set", LabeledParquet.Files(_folder[path], "test")!, key, labels.Length > 0 ? labels : null, null,
        (place, reason) => Assert.Fail($"{place}: {reason}"));

    private Task WriteAsync(string name, string? features, params long[] labels) => WriteAsync(name, features, "label", labels);

    private async Task WriteAsync(string name, string? features, string column, params long[] labels)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
        DataField<byte[]> bytes = new("bytes", true);
        DataField<string> path = new("path", true);
        var schema = new ParquetSchema(new StructField("image", bytes, path), new DataField<long>(column));
        await using var file = File.Create(_folder[name]);
        await using var writer = await ParquetWriter.CreateAsync(schema, file);
        if (features is not null) writer.CustomMetadata = new Dictionary<string, string> { ["huggingface"] = features };
        using var group = writer.CreateRowGroup();
        await group.WriteAsync(schema.DataFields[0], labels.Select((_, i) => Encoding.UTF8.GetBytes($"image {i}")).ToArray());
        await group.WriteAsync(schema.DataFields[1], labels.Select((_, i) => $"{i}.png").ToArray());
        await group.WriteAsync<long>(schema.DataFields[2], labels);
        group.CompleteValidate();
    }
}
