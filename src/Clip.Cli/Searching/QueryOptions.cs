using System.CommandLine;
using Clip.Cli.Options;
using Microsoft.ML.Clip;

namespace Clip.Cli.Searching;

/// <summary>What is searched for: words, pictures, and what is not wanted, by their weights.</summary>
internal sealed class QueryOptions
{
    private readonly Option<string[]> _images = new("--image")
    {
        Description = "Pictures to search by, alone or beside words.",
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string[]> _without = new("--without")
    {
        Description = "Words for what is not wanted.",
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<double> _imageWeight = new("--image-weight")
    {
        Description = "How much a picture counts, where words count 1.",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<double> _withoutWeight = new("--without-weight")
    {
        Description = "How much what is not wanted counts, where words count 1.",
        DefaultValueFactory = _ => 0.5,
    };

    public IEnumerable<Option> All => [_images, _imageWeight, _without, _withoutWeight];

    /// <summary>What is searched for, as it was given.</summary>
    public SearchQuery Parse(ParseResult parsed, IReadOnlyList<string> words)
    {
        var images = PicturePaths.Expand(parsed.GetValue(_images) ?? []);
        // Words without quotes are one sentence.
        string[] texts = words.Count > 0 ? [string.Join(' ', words)] : [];
        if (texts.Length + images.Length == 0)
            throw new ClipException("Give words to search by behind the index, such as \"red car at night\", or --image with a picture.");
        return new SearchQuery(
            texts, images, parsed.GetValue(_without) ?? [], (float)parsed.GetValue(_imageWeight), (float)parsed.GetValue(_withoutWeight));
    }
}

/// <summary>What is searched for.</summary>
internal sealed record SearchQuery(
    IReadOnlyList<string> Words, IReadOnlyList<string> Images, IReadOnlyList<string> Without, float ImageWeight, float WithoutWeight)
{
    /// <summary>For people.</summary>
    public override string ToString() => string.Join(
        " + ", [.. Words, .. Images.Select(path => Path.GetFileName(path)!)]) + string.Concat(Without.Select(words => $" − {words}"));

    /// <summary>Its direction.</summary>
    public float[] Embed(ClipModel model) => ClipQuery.Combine(
    [
        .. Weighted(Words.Count > 0 ? model.EmbedTexts(Words) : [], 1),
        .. Weighted(Images.Count > 0 ? model.EmbedImages(Images) : [], ImageWeight),
        .. Weighted(Without.Count > 0 ? model.EmbedTexts(Without) : [], -WithoutWeight),
    ]);

    private static IEnumerable<(ReadOnlyMemory<float>, float)> Weighted(float[][] embeddings, float weight) =>
        embeddings.Select(embedding => ((ReadOnlyMemory<float>)embedding, weight));
}
