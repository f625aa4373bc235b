using System.CommandLine;
using Clip.Data;
using Clip.Evaluation.Metrics;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Hub;

namespace Clip.Cli.Evaluating;

/// <summary>How something is evaluated: what may be left out, what is kept, and what is drawn.</summary>
internal sealed class EvaluationOptions
{
    private readonly Option<double> _maxBad = new("--max-bad")
    {
        Description = "The most pictures of a set that may be unreadable, in percent; they are named and left out.",
        DefaultValueFactory = _ => ReadingOptions.DefaultMaxBadPercent,
    };

    private readonly Option<string?> _cache = new("--embedding-cache")
    {
        Description = "Folder where embeddings are kept for the next time; by default in the assets folder of the hub's cache.",
    };

    private readonly Option<bool> _noCache = new("--no-cache") { Description = "Embeds everything anew, and keeps nothing." };

    private readonly Option<int[]> _fewShot = new("--few-shot")
    {
        Description = "Fits linear probes also on so many training pictures of each class, such as 1 2 4 8 16.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<int> _draws = new("--few-shot-draws")
    {
        Description = "How often few-shot pictures are drawn; the probes' mean is told.",
        DefaultValueFactory = _ => 3,
    };

    private readonly Option<string> _language = new("--language")
    {
        Description = "What labels and prompts are in, as it is to stand in the results.",
        DefaultValueFactory = _ => "en",
    };

    private readonly Option<long> _seed = SeedOption();

    public IEnumerable<Option> All => [_maxBad, _cache, _noCache, _fewShot, _draws, _language, _seed];

    /// <summary>The seed of what is drawn; <c>clip evaluate compare</c> has the same.</summary>
    public static Option<long> SeedOption() => new("--seed")
    {
        Description = "Decides what is drawn: pictures for probes, and the samples of confidence intervals.",
        DefaultValueFactory = _ => 0,
    };

    public double MaxBadPercent(ParseResult parsed) => parsed.GetValue(_maxBad);

    public IReadOnlyList<int> Shots(ParseResult parsed) => [.. (parsed.GetValue(_fewShot) ?? []).Distinct().Order()];

    public int Draws(ParseResult parsed) => parsed.GetValue(_draws);

    public string Language(ParseResult parsed) => parsed.GetValue(_language)!;

    public long Seed(ParseResult parsed) => parsed.GetValue(_seed);

    public Bootstrap Bootstrap(ParseResult parsed) => new(seed: Seed(parsed));

    /// <summary>The cache's folder; null for none.</summary>
    public string? Cache(ParseResult parsed) => parsed.GetValue(_noCache)
        ? null
        : parsed.GetValue(_cache)
            ?? Path.Combine(HubSettings.From(new ClipHubOptions()).AssetsFolder, "Microsoft.ML.Clip", "embeddings");
}
