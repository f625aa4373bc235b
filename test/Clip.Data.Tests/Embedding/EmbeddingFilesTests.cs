using System.Text;
using Clip.Data.Distributed;
using Clip.Data.Embedding;
using Parquet;
using Parquet.Schema;

namespace Clip.Data.Tests.Embedding;

/// <summary>What the files of embeddings are called, and what others find in them.</summary>
public sealed class EmbeddingFilesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("images", false, false, "images_000000.parquet images_000001.parquet images.json")]
    [InlineData("texts", true, false, "texts.json texts_000000.parquet texts_000001.parquet")]
    [InlineData(
        "images", false, true,
        "images.json img_emb/img_emb_000000.npy img_emb/img_emb_000001.npy metadata/metadata_000000.parquet "
        + "metadata/metadata_000001.parquet")]
    [InlineData(
        "texts", true, true,
        "text_emb/text_emb_000000.npy text_emb/text_emb_000001.npy text_metadata/metadata_000000.parquet "
        + "text_metadata/metadata_000001.parquet texts.json")]
    public void FilesAreNumbered(string kind, bool hasTexts, bool isMatrix, string expected)
    {
        var summary = Run(new Words(kind, hasTexts, ["a", "b", "c", "d", "e"]), Options(Format(isMatrix), shardSize: 3));

        Assert.Equal((5, 2, 0), (summary.Rows, summary.Shards, summary.Before));
        Assert.Equal(
            expected.Split(' ').Order(StringComparer.Ordinal),
            _folder.Everything().Select(name => name.Replace('\\', '/')).Where(name => Path.HasExtension(name)));
    }

    [Fact]
    public async Task ARowOfParquetHasItsIdItsTextAndItsNumbers()
    {
        Run(new Words("texts", true, ["a", "b", "c", "d"]), Options(EmbeddingFormat.Parquet, shardSize: 3));

        await using var reader = await ParquetReader.CreateAsync(_folder["texts_000000.parquet"]);
        Assert.Equal(["id", "embedding", "text"], reader.Schema.Fields.Select(field => field.Name));
        Assert.Equal(1, reader.RowGroupCount);
        using var group = reader.OpenRowGroupReader(0);
        Assert.Equal(3, group.RowCount);
        Assert.Equal(["id a", "id b", "id c"], await Texts(group, reader.Schema.DataFields[0]));
        Assert.Equal(["a", "b", "c"], await Texts(group, reader.Schema.DataFields[2]));
        var values = await Raw<float>(group, reader.Schema.DataFields[1]);
        Assert.Equal([97, 0.5f, 98, 0.5f, 99, 0.5f], values.Values);
        Assert.Equal([0, 1, 0, 1, 0, 1], values.Repetitions);
    }

    /// <summary>Row groups hold thousands of rows each, for whoever reads a part.</summary>
    [Fact]
    public async Task ManyRowsAreSeveralGroups()
    {
        string[] words = [.. Enumerable.Range(0, 20_000).Select(i => $"{(char)('a' + (i % 26))}{i}")];

        Run(new Words("images", false, words), Options(EmbeddingFormat.Parquet, shardSize: 30_000));

        await using var reader = await ParquetReader.CreateAsync(_folder["images_000000.parquet"]);
        Assert.Equal(["id", "embedding"], reader.Schema.Fields.Select(field => field.Name));
        var ids = new List<string>();
        for (var i = 0; i < reader.RowGroupCount; i++)
        {
            using var group = reader.OpenRowGroupReader(i);
            ids.AddRange(await Texts(group, reader.Schema.DataFields[0]));
            Assert.Equal(2 * group.RowCount, (await Raw<float>(group, reader.Schema.DataFields[1])).Values.Length);
            Assert.InRange(group.RowCount, 1, 8194);
        }

        Assert.Equal(words.Select(word => $"id {word}"), ids);
        Assert.Equal(3, reader.RowGroupCount);
    }

    [Theory]
    [InlineData("images", false, "metadata", "image_path")]
    [InlineData("texts", true, "text_metadata", "id caption")]
    public async Task AMatrixHasItsRowsNamesBesideIt(string kind, bool hasTexts, string folder, string columns)
    {
        Run(new Words(kind, hasTexts, ["a", "b"]), Options(EmbeddingFormat.Npy, shardSize: 3));

        await using var reader = await ParquetReader.CreateAsync(_folder[$"{folder}/metadata_000000.parquet"]);
        Assert.Equal(columns.Split(' '), reader.Schema.Fields.Select(field => field.Name));
        using var group = reader.OpenRowGroupReader(0);
        Assert.Equal(["id a", "id b"], await Texts(group, reader.Schema.DataFields[0]));
        if (hasTexts) Assert.Equal(["a", "b"], await Texts(group, reader.Schema.DataFields[1]));
    }

    /// <summary>NumPy's format 1.0: its mark, the length of the rest of the header, and a dictionary up to a line's end.</summary>
    [Fact]
    public void AMatrixIsNumPys()
    {
        Run(new Words("images", false, ["a", "b", "c"]), Options(EmbeddingFormat.Npy, shardSize: 3));

        var bytes = File.ReadAllBytes(_folder["img_emb/img_emb_000000.npy"]);

        Assert.Equal<byte>([0x93, .. "NUMPY"u8, 1, 0, 118, 0], bytes[..10]);
        var header = Encoding.ASCII.GetString(bytes, 10, 118);
        Assert.Equal("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }".PadRight(117) + "\n", header);
        Assert.Equal(128 + (3 * 2 * 4), bytes.Length);
        Assert.Equal(98f, BitConverter.ToSingle(bytes, 128 + 8));
    }

    /// <summary>Only the file that is written last marks a shard as finished.</summary>
    [Theory]
    [InlineData(true, "img_emb/img_emb_000001.npy")]
    [InlineData(false, "images_000001.parquet")]
    public void AShardThatWasNotFinishedIsDoneAgain(bool isMatrix, string file)
    {
        var input = new Words("images", false, ["a", "b", "c", "d", "e"]) { FailsAt = 4 };
        Assert.Throws<InvalidOperationException>(() => Run(input, Options(Format(isMatrix), shardSize: 3)));
        Assert.False(File.Exists(_folder[file]));

        var summary = Run(new Words("images", false, ["a", "b", "c", "d", "e"]), Options(Format(isMatrix), shardSize: 3));

        Assert.Equal((2, 1), (summary.Rows, summary.Before));
        Assert.True(File.Exists(_folder[file]));
        Assert.DoesNotContain(_folder.Everything(), name => name.Contains("tmp", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void AFolderOfSomebodyElsesIsLeftAlone()
    {
        _folder.Write("images.json", "{\"mine\": ");

        var error = Assert.Throws<ClipException>(() => Run(new Words("images", false, ["a"]), Options(EmbeddingFormat.Parquet, 3)));

        Assert.Contains("images.json is not of this program's making", error.Message, StringComparison.Ordinal);
        Assert.Equal("{\"mine\": ", File.ReadAllText(_folder["images.json"]));
    }

    /// <summary>How pictures are decoded makes no difference to texts.</summary>
    [Fact]
    public void DecodingIsPartOfThePlanOfPicturesAlone()
    {
        var scaled = Options(EmbeddingFormat.Parquet, 3) with { Decode = Microsoft.ML.Clip.ImageDecoding.Scaled };
        Run(new Words("texts", true, ["a"]), Options(EmbeddingFormat.Parquet, 3));
        Run(new Words("images", false, ["a"]), Options(EmbeddingFormat.Parquet, 3));

        Assert.Equal(1, Run(new Words("texts", true, ["a"]), scaled).Before);
        var error = Assert.Throws<ClipException>(() => Run(new Words("images", false, ["a"]), scaled));
        Assert.Contains("(Decode Exact and Scaled)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ByDefaultEmbeddingsAreParquetOfLengthOne()
    {
        var options = new EmbeddingOptions("out");

        Assert.Equal((EmbeddingFormat.Parquet, true), (options.Format, options.Normalize));
        Assert.Equal((65_536, 64), (options.ShardSize, options.BatchSize));
    }

    private static EmbeddingFormat Format(bool isMatrix) => isMatrix ? EmbeddingFormat.Npy : EmbeddingFormat.Parquet;

    private EmbeddingOptions Options(EmbeddingFormat format, int shardSize) => new(_folder.Path) { Format = format, ShardSize = shardSize };

    private static EmbeddingSummary Run(Words input, EmbeddingOptions options) =>
        new EmbeddingJob(options, "model", Ranks.Alone, _ => { }).Run(input, default);

    private static async Task<string[]> Texts(ParquetRowGroupReader group, DataField field) =>
        [.. (await Raw<ReadOnlyMemory<char>>(group, field)).Values.Select(text => text.ToString())];

    private static async Task<(T[] Values, int[] Repetitions)> Raw<T>(ParquetRowGroupReader group, DataField field)
        where T : struct
    {
        var column = (Parquet.Data.RawColumnData<T>)await group.ReadRawColumnDataBaseAsync(field);
        return (column.Values.ToArray(), field.MaxRepetitionLevel > 0 ? column.RepetitionLevels.ToArray() : []);
    }

    /// <summary>Words, each embedded as its first letter's number and a half, two at once.</summary>
    private sealed class Words(string kind, bool hasTexts, string[] words) : IEmbeddingInput
    {
        public int? FailsAt { get; init; }

        public string Kind => kind;

        public int Count => words.Length;

        public string Fingerprint => "words";

        public int Dimension => 2;

        public bool HasTexts => hasTexts;

        public IEnumerable<EmbeddingRows> Embed(int first, int end, Action<string, string> bad, CancellationToken cancellation)
        {
            foreach (var chunk in Enumerable.Range(first, end - first).Chunk(2))
            {
                if (FailsAt is { } place && chunk.Contains(place)) throw new InvalidOperationException("the machine is out of order");
                var shown = chunk.Select(i => words[i]).ToArray();
                yield return new EmbeddingRows(
                    [.. shown.Select(word => $"id {word}")], shown.SelectMany(word => new[] { word[0], 0.5f }).ToArray(),
                    hasTexts ? shown : null);
            }
        }
    }
}
