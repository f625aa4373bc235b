using System.CommandLine;
using Clip.Cli.Searching;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Tests.Models;

namespace Clip.Cli.Tests.Searching;

/// <summary>What is searched for, and by which model.</summary>
public sealed class SearchQueryTests : IDisposable
{
    private readonly TinyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void WordsPicturesAndWhatIsNotWantedCountByTheirWeights()
    {
        using var model = ClipModel.Open(_folder.Path);
        var (green, blue) = (_folder.Pictures(3)[1], _folder.Pictures(3)[2]);
        var query = new SearchQuery(["red"], [green, blue], ["blue", "green"], ImageWeight: 2, WithoutWeight: 0.25f);

        var embedding = query.Embed(model);

        var expected = ClipQuery.Combine(
        [
            (model.EmbedText("red"), 1), (model.EmbedImage(green), 2), (model.EmbedImage(blue), 2),
            (model.EmbedText("blue"), -0.25f), (model.EmbedText("green"), -0.25f),
        ]);
        Assert.Equal(expected, embedding, (a, b) => MathF.Abs(a - b) < 1e-5f);
    }

    [Fact]
    public void ItIsToldInAFewWords()
    {
        Assert.Equal("red car + a.png − night − rain", $"{new SearchQuery(["red car"], ["/photos/a.png"], ["night", "rain"], 1, 1)}");
        Assert.Equal("a.png", $"{new SearchQuery([], ["/photos/a.png"], [], 1, 1)}");
    }

    /// <summary>A shell parts words that stand in no quotes.</summary>
    [Fact]
    public void WordsWithoutQuotesAreOneSentence()
    {
        var options = new QueryOptions();
        var (red, green) = (_folder.Pictures(2)[0], _folder.Pictures(2)[1]);

        var query = options.Parse(Parse(options.All, "--image", red, green, "--without", "at night", "rain"), ["red", "car"]);

        Assert.Equal(["red car"], query.Words);
        Assert.Equal([red, green], query.Images);
        Assert.Equal(["at night", "rain"], query.Without);
        Assert.Equal((1f, 0.5f), (query.ImageWeight, query.WithoutWeight));
        Assert.Empty(options.Parse(Parse(options.All, "--image", red), []).Words);
    }

    [Fact]
    public void NothingToSearchByIsRefused()
    {
        var options = new QueryOptions();

        var error = Assert.Throws<ClipException>(() => options.Parse(Parse(options.All, "--without", "rain"), []));

        Assert.StartsWith("Give words to search by behind the index", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The one that is given, else the index's, else the default.</summary>
    [Theory]
    [InlineData("given", "known", "given")]
    [InlineData(null, "known", "known")]
    [InlineData(null, null, "usual")]
    [InlineData("usual", "known", "usual")] // the default, when somebody says it, is meant
    public void TheModelIsFoundWithoutBeingNamedTwice(string? given, string? known, string expected)
    {
        var model = new Option<string>("--model") { DefaultValueFactory = _ => "usual" };

        Assert.Equal(expected, SearchedModel.Name(Parse([model], given is null ? [] : ["--model", given]), model, () => known));
    }

    [Fact]
    public void AnIndexTellsItsModel()
    {
        using (var index = ClipImageIndex.Create(_folder["named"], "fingerprint", 2, "my model")) index.Save();
        using (var index = ClipImageIndex.Create(_folder["nameless"], "fingerprint", 2)) index.Save();

        Assert.Equal("my model", SearchedModel.Of(_folder["named"]));
        Assert.Null(SearchedModel.Of(_folder["nameless"]));
        Assert.Null(SearchedModel.Of(_folder["absent"]));
    }

    [Fact]
    public void AFoldersNameLastsWhereverTheCommandIsRun()
    {
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, _folder.Path);

        Assert.Equal(_folder.Path, SearchedModel.Lasting(relative));
        Assert.Equal("Xenova/clip-vit-base-patch32", SearchedModel.Lasting("Xenova/clip-vit-base-patch32"));
    }

    private static ParseResult Parse(IEnumerable<Option> options, params string[] arguments)
    {
        var command = new RootCommand();
        foreach (var option in options) command.Options.Add(option);
        return command.Parse(arguments);
    }
}
