using System.CommandLine;
using Clip.Data;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Hub;

namespace Clip.Cli.Evaluating;

/// <summary>How an evaluation embeds: what it may leave out, and where embeddings are kept.</summary>
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

    public IEnumerable<Option> All => [_maxBad, _cache, _noCache];

    public double MaxBadPercent(ParseResult parsed) => parsed.GetValue(_maxBad);

    /// <summary>The cache's folder; null for none.</summary>
    public string? Cache(ParseResult parsed) => parsed.GetValue(_noCache)
        ? null
        : parsed.GetValue(_cache)
            ?? Path.Combine(HubSettings.From(new ClipHubOptions()).AssetsFolder, "Microsoft.ML.Clip", "embeddings");
}
