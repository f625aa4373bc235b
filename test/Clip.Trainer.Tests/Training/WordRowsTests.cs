using Clip.Conversion.ModelFolders;
using Clip.Conversion.Tokenizing;
using Clip.Data.Sources;
using Clip.Trainer.Modeling;
using Clip.Trainer.Training;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Training;

/// <summary>Word vectors as a text tower's tokens start from them.</summary>
public sealed class WordRowsTests : IDisposable
{
    private readonly TinyRun _run = new();

    public void Dispose() => _run.Dispose();

    /// <summary>Around their mean, all of one length, and zeros behind; the other tokens are as they were.</summary>
    [Fact]
    public void AWordsRowIsItsVectorCenteredAndOfOneLength()
    {
        Dictionary<string, double[]> vectors = new()
        {
            ["red"] = [3, 0, 0],
            ["green"] = [0, 5, 0],
            ["blue"] = [0, 0, 1],
            ["wall"] = [1, -1, 3],
        };
        var file = _run.Folder.Write(
            "words.txt", string.Concat(vectors.Select(word => $"{word.Key} {string.Join(' ', word.Value)}\n")) + "unheard 1 2 3\n");
        var tokenizer = Known(file, ["red", "green", "blue", "wall"]);
        var said = new List<string>();
        using var model = new ClipModel(tokenizer.Config);
        var before = Rows(model);

        WordRows.Of(Options(file), tokenizer, said.Add)!.GiveTo(model);

        var after = Rows(model);
        var mean = Enumerable.Range(0, 3).Select(i => vectors.Values.Average(v => v[i])).ToArray();
        var ids = vectors.Keys.ToDictionary(word => word, word => tokenizer.Vocabulary!.Ids[word + "</w>"]);
        foreach (var (word, vector) in vectors)
        {
            var centered = vector.Zip(mean, (v, m) => v - m).ToArray();
            var length = Math.Sqrt(centered.Sum(c => c * c));
            // Root mean square 0.12 over a width of 16.
            Assert.Equal(
                centered.Select(c => c / length * 0.12 * 4).Concat(new double[13]), after[ids[word]].Select(v => (double)v),
                (a, b) => Math.Abs(a - b) < 1e-5);
        }

        Assert.All(
            Enumerable.Range(0, before.Length).Except(ids.Values), row => Assert.Equal(before[row], after[row]));
        Assert.True(model.StartsFromWords);
        Assert.StartsWith(
            $"4 of {tokenizer.Size} tokens are words with vectors of 3 numbers from ", Assert.Single(said), StringComparison.Ordinal);
    }

    /// <summary>Every word of the captions that has a vector, and of the file's others as many as a model has room for.</summary>
    [Fact]
    public void OfAFilesOtherWordsTheFirstThirtyThousandAreTaken()
    {
        var others = Enumerable.Range(0, 30_020).Select(Name).ToArray();
        var file = _run.Folder.Write("words.txt", string.Concat(others.Append("wall").Select(word => $"{word} 1 2\n")));
        var learned = BpeVocabulary.Load(_run.Folder["tokenizer"]);

        var vocabulary = WordRows.Vocabulary(learned, file, new Dictionary<string, long> { ["wall"] = 12, ["unheard"] = 1 });

        Assert.True(vocabulary.Ids.ContainsKey("wall</w>"));
        Assert.True(vocabulary.Ids.ContainsKey(others[29_999] + "</w>"));
        Assert.False(vocabulary.Ids.ContainsKey(others[30_000] + "</w>"));
        Assert.False(vocabulary.Ids.ContainsKey("unheard</w>"));

        static string Name(int number) => "z" + string.Concat(
            Enumerable.Range(0, 4).Select(digit => (char)('a' + (number / (int)Math.Pow(26, digit) % 26))));
    }

    [Fact]
    public void OtherVectorsAreKnownFromThese()
    {
        var (one, same, other) = (Write("one", "red 1 2\n"), Write("same", "red 1 2\nfar 3 4\n"), Write("other", "red 1 3\n"));
        var tokenizer = Known(one, ["red"]);

        string Hash(string file) => WordRows.Of(Options(file), tokenizer, _ => { })!.Hash;

        Assert.Equal(Hash(one), Hash(same));
        Assert.NotEqual(Hash(one), Hash(other));
        Assert.Null(WordRows.Of(Options(null), tokenizer, line => Assert.Fail(line)));

        string Write(string name, string text) => _run.Folder.Write($"{name}.txt", text);
    }

    private static float[][] Rows(ClipModel model)
    {
        using var unused = no_grad();
        return [.. model.get_parameter("token_embedding.weight")!.data<float>().ToArray().Chunk(16)];
    }

    /// <summary>The run's tokenizer, for which these words are a token each.</summary>
    private ModelTokenizer Known(string vectors, string[] words)
    {
        var learned = BpeVocabulary.Load(_run.Folder["tokenizer"]);
        WholeWords.AddTo(learned, words).Save(Directory.CreateDirectory(_run.Folder[$"of {Path.GetFileName(vectors)}"]).FullName);
        return ModelTokenizer.Open(
            _run.Folder[$"of {Path.GetFileName(vectors)}"], Clip.Conversion.Configs.ClipConfigJson.Load(_run.ConfigFile));
    }

    private TrainingRunOptions Options(string? vectors) => new()
    {
        Data = new RunData(NamedSource.Of(_run.Table)),
        Model = new RunModel(_run.ConfigFile) { WordVectors = vectors },
    };
}
