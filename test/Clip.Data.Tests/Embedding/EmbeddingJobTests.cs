using System.Text;
using Clip.Data.Distributed;
using Clip.Data.Embedding;

namespace Clip.Data.Tests.Embedding;

/// <summary>What is written of any input: one file for so many records, each once, and none of anything else.</summary>
public sealed class EmbeddingJobTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<string> _said = [];

    private EmbeddingOptions Options => new(_folder["out"])
    {
        ShardSize = 4,
        Format = EmbeddingFormat.Npy,
        Reading = new ReadingOptions { MaxBadPercent = 20 },
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void EveryFileTellsItsRows()
    {
        var summary = Run(new Numbers(10), Options);

        Assert.Equal(new EmbeddingSummary(10, 0, 3, 0), summary);
        Assert.Equal(["(4, 2)", "(4, 2)", "(2, 2)"], Matrices().Select(Shape));
        Assert.Equal([0f, 0, 1, -1, 2, -2, 3, -3], Values(Matrices()[0]));
        Assert.Equal([8f, -8, 9, -9], Values(Matrices()[2]));
        Assert.Equal(0, File.ReadAllBytes(Matrices()[0]).Length - 128 - 4 * 2 * 4); // the header's length keeps the values aligned
    }

    [Fact]
    public void WhatIsFinishedIsNotDoneAgain()
    {
        Run(new Numbers(10), Options);
        File.Delete(Matrices()[1]);
        var again = new Numbers(10);

        Assert.Equal(new EmbeddingSummary(4, 0, 3, 2), Run(again, Options));
        Assert.Equal([(4, 8)], again.Asked);
        Assert.Equal([4f, -4, 5, -5, 6, -6, 7, -7], Values(Matrices()[1]));
    }

    [Fact]
    public void NothingElseGoesIntoTheFolder()
    {
        Run(new Numbers(10), Options);
        var before = _folder.Everything();
        foreach (var (input, options, told) in new (Numbers, EmbeddingOptions, string)[]
        {
            (new(11), Options, "Count 10 and 11"), (new(10), Options with { Normalize = false }, "Normalize True and False"),
            (new(10), Options with { ShardSize = 5 }, "ShardSize 4 and 5"), (new(10, "others"), Options, "Data numbers and others"),
            (new(10), Options with { Format = EmbeddingFormat.Parquet }, "Format Npy and Parquet"),
        })
        {
            var refused = Assert.Throws<ClipException>(() => Run(input, options));
            Assert.Contains($"holds embeddings of something else ({told})", refused.Message, StringComparison.Ordinal);
            Assert.Empty(input.Asked);
        }

        Assert.Contains("Model model and other", Assert.Throws<ClipException>(() => Run(new(10), Options, "other")).Message);
        Assert.Equal(before, _folder.Everything());
    }

    [Fact]
    public void RecordsThatFailAreNamed_AndForgottenOnceTheyAreGood()
    {
        Assert.Equal(new EmbeddingSummary(9, 1, 3, 0), Run(new Numbers(10, broken: [5]), Options));
        Assert.Equal("Skipped number 5: no\nnumber", Assert.Single(_said));
        Assert.Equal("number 5\tno number\n", File.ReadAllText(_folder["out/numbers_000001.bad.tsv"]));
        Assert.Equal([4f, -4, 6, -6, 7, -7], Values(Matrices()[1]));
        // They count where the others are there already, too.
        Assert.Equal(new EmbeddingSummary(0, 1, 3, 3), Run(new Numbers(10), Options));

        File.Delete(Matrices()[1]);
        Assert.Equal(new EmbeddingSummary(4, 0, 3, 2), Run(new Numbers(10), Options));
        Assert.False(File.Exists(_folder["out/numbers_000001.bad.tsv"]));
    }

    [Fact]
    public void TooManyThatFailAreAnError_AndTheOthersAreThere()
    {
        Assert.Equal(2, Run(new Numbers(10, broken: [1, 5]), Options).Bad);
        Directory.Delete(_folder["out"], recursive: true);

        var error = Assert.Throws<ClipException>(() => Run(new Numbers(10, broken: [1, 5, 8]), Options));

        Assert.Contains("3 of 10 numbers could not be embedded, more than the 20 percent", error.Message, StringComparison.Ordinal);
        Assert.Equal(["(3, 2)", "(3, 2)", "(1, 2)"], Matrices().Select(Shape));
    }

    private EmbeddingSummary Run(Numbers input, EmbeddingOptions options, string model = "model")
    {
        _said.Clear();
        return new EmbeddingJob(options, model, Ranks.Alone, Say).Run(input, default);

        void Say(string line)
        {
            if (line.StartsWith("Skipped", StringComparison.Ordinal)) _said.Add(line);
        }
    }

    private string[] Matrices() =>
        [.. Directory.GetFiles(_folder["out"], "*.npy", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private static string Shape(string file)
    {
        var header = Encoding.ASCII.GetString(File.ReadAllBytes(file), 10, 118);
        return header[header.IndexOf('(', StringComparison.Ordinal)..(header.IndexOf(')', StringComparison.Ordinal) + 1)];
    }

    private static float[] Values(string file)
    {
        var bytes = File.ReadAllBytes(file)[128..];
        return [.. Enumerable.Range(0, bytes.Length / 4).Select(i => BitConverter.ToSingle(bytes, 4 * i))];
    }

    /// <summary>The numbers from 0 on, each embedded as itself and its negative, three at once.</summary>
    private sealed class Numbers(int count, string fingerprint = "numbers", int[]? broken = null) : IEmbeddingInput
    {
        public List<(int First, int End)> Asked { get; } = [];

        public string Kind => "numbers";

        public int Count => count;

        public string Fingerprint => fingerprint;

        public int Dimension => 2;

        public bool HasTexts => false;

        public IEnumerable<EmbeddingRows> Embed(int first, int end, Action<string, string> bad, CancellationToken cancellation)
        {
            Asked.Add((first, end));
            var numbers = Enumerable.Range(first, end - first).ToLookup(i => broken?.Contains(i) == true);
            foreach (var i in numbers[true]) bad($"number {i}", "no\nnumber");
            foreach (var chunk in numbers[false].Chunk(3))
                yield return new EmbeddingRows([.. chunk.Select(i => $"{i}")], chunk.SelectMany(i => new float[] { i, -i }).ToArray());
        }
    }
}
