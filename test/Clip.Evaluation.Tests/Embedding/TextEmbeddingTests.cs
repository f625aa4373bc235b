using Clip.Evaluation.Embedding;

namespace Clip.Evaluation.Tests.Embedding;

/// <summary>Texts and labels are embedded once each, so many prompts at a time, and what is done is told.</summary>
public sealed class TextEmbeddingTests : IDisposable
{
    private readonly TinyModel _tiny = new();
    private readonly List<(string What, int Done, int Total)> _told = [];

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void ATextThatComesTwiceIsEmbeddedOnce_AndNotAgainTheNextTime()
    {
        string[] texts = ["a red wall", "a blue wall", "a red wall"];
        float[][] first, second;

        using (var cache = Cache()) first = Embedder(cache).Texts("captions", texts, default);
        Assert.Equal([("captions", 1, 3), ("captions", 3, 3)], _told);
        _told.Clear();
        using (var cache = Cache()) second = Embedder(cache).Texts("captions", texts, default);

        Assert.Empty(_told);
        Assert.Equal(first, second);
        Assert.Equal(first[0], first[2]);
        var expected = _tiny.Model.EmbedTexts(texts[..2]);
        for (var i = 0; i < 2; i++) Assert.All(expected[i].Zip(first[i]), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    [Fact]
    public void NoTextsAreNoWork()
    {
        Assert.Empty(Embedder(null).Texts("captions", [], default));
        Assert.Empty(_told);
    }

    /// <summary>4096 at a time, so that what is done is kept; a label's own stay together.</summary>
    [Fact]
    public void PromptsOfManyLabelsAreEmbeddedInParts()
    {
        var prompts = Enumerable.Repeat("a wall", 2047).ToArray();
        string[] labels = ["red", "green", "blue", "white"];
        var set = new LabeledSet("walls", [], labels, null)
        {
            Prompts = new Dictionary<string, IReadOnlyList<string>>
            {
                ["red"] = [.. prompts, "a red wall"],
                ["green"] = [.. prompts, "a green wall"],
                ["blue"] = [.. prompts, .. prompts, .. prompts, "a blue wall"],
                ["white"] = ["a white wall"],
            },
        };

        var (rows, _) = Embedder(null).Labels(set, default);

        // Two of 2048 prompts fit; the third is too long even alone.
        Assert.Equal([0, 2, 3, 4], _told.Select(told => told.Done));
        Assert.All(_told, told => Assert.Equal(("labels of walls", 4), (told.What, told.Total)));
        Assert.All(_tiny.Model.EmbedText("a white wall").Zip(rows[3]), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    private EmbeddingCache Cache() => EmbeddingCache.Open(_tiny.Cache, _tiny.Model.Fingerprint, Assert.Fail);

    private Embedder Embedder(EmbeddingCache? cache) => new(_tiny.Model, cache, new Told(_told));

    private sealed class Told(List<(string What, int Done, int Total)> told) : IProgress<EmbeddingProgress>
    {
        public void Report(EmbeddingProgress value) => told.Add((value.What, value.Done, value.Total));
    }
}
