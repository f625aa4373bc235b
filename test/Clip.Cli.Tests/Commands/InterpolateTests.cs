using Clip.Conversion.Checkpoints;
using Clip.Conversion.Tokenizing;

namespace Clip.Cli.Tests.Commands;

/// <summary>Between two model folders is a model only where their weights and their words mean the same.</summary>
public sealed class InterpolateTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task TheWeightsLieBetweenAndTheWordsAreTheFirstOnes()
    {
        Write("before", seed: 1, "a cat and a dog");
        Write("after", seed: 2, "a cat and a dog");

        Assert.Equal(0, await Command.RunAsync(
            "interpolate", _folder["before"], _folder["after"], "--alpha", "0.25", "--output", _folder["between"]));

        var (before, after) = (CheckpointFile.Load(_folder["before"]), CheckpointFile.Load(_folder["after"]));
        SameWeights.Assert(WeightInterpolation.Between(before, after, 0.25), CheckpointFile.Load(_folder["between"]), 1e-6f);
        Assert.Equal(File.ReadAllText(_folder["before/vocab.json"]), File.ReadAllText(_folder["between/vocab.json"]));
    }

    /// <summary>As many tokens as the other, but some of them are others, or have others' numbers.</summary>
    [Theory]
    [InlineData("zebras xylophones quizzes jazz")]
    [InlineData(null)]
    public async Task AnotherVocabularyOfTheSameSizeIsRefused(string? text)
    {
        Write("before", seed: 1, "a cat and a dog");
        Write("after", seed: 2, text ?? "a cat and a dog");
        if (text is null)
        {
            var vocabulary = File.ReadAllText(_folder["after/vocab.json"]);
            File.Delete(_folder["after/tokenizer.json"]);
            _folder.Write("after/vocab.json", vocabulary.Replace("\"a\":64", "\"b\":64", StringComparison.Ordinal)
                .Replace("\"b\":65", "\"a\":65", StringComparison.Ordinal));
            Assert.NotEqual(vocabulary, File.ReadAllText(_folder["after/vocab.json"]));
        }

        var (exit, _, error) = await Command.RunApartAsync(
            "interpolate", _folder["before"], _folder["after"], "--alpha", "0.5", "--output", _folder["between"]);

        Assert.Equal(1, exit);
        Assert.Contains("different vocabularies", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["between"]));
    }

    [Fact]
    public async Task NoneIsWrittenWhereOneOfSeveralWouldReplaceSomethingElse()
    {
        Write("before", seed: 1, "a cat and a dog");
        Write("after", seed: 2, "a cat and a dog");
        _folder.Write("between-0.75/notes.txt", "mine");

        var (exit, _, error) = await Command.RunApartAsync(
            "interpolate", _folder["before"], _folder["after"], "--alpha", "0.25", "0.75", "--output", _folder["between"]);

        Assert.Equal(1, exit);
        Assert.Contains("between-0.75", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["between-0.25"]));
        Assert.Equal("mine", File.ReadAllText(_folder["between-0.75/notes.txt"]));
    }

    private void Write(string name, int seed, string text)
    {
        var config = RandomModel.Config.WithVocabulary(520);
        var vocabulary = BpeTrainer.Train([text], 520);
        config = config.WithVocabulary(vocabulary.Size);
        RandomModel.WriteFolder(config, RandomModel.Weights(config, seed), _folder[name], f => vocabulary.Save(f));
    }
}
