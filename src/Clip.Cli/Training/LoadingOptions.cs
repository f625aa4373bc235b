using System.CommandLine;
using Clip.Data;

namespace Clip.Cli.Training;

/// <summary>How training data are read.</summary>
internal sealed class LoadingOptions
{
    private readonly Option<int> _workers = new("--workers")
    {
        Description = "Threads that read and decode pictures; 0 takes as many as there are cores.",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<double> _maxBad = new("--max-bad")
    {
        Description = "The most records that may be bad, in percent; with more the run stops.",
        DefaultValueFactory = _ => ReadingOptions.DefaultMaxBadPercent,
    };

    private readonly Option<double> _readTimeout = new("--read-timeout")
    {
        Description = "Seconds that reading a record may take; one that takes longer is bad.",
        DefaultValueFactory = _ => ReadingOptions.DefaultReadTimeout.TotalSeconds,
    };

    public IEnumerable<Option> All => [_workers, _maxBad, _readTimeout];

    public ReadingOptions Parse(ParseResult parsed) => new()
    {
        Workers = parsed.GetValue(_workers) is > 0 and var workers ? workers : Environment.ProcessorCount,
        MaxBadPercent = parsed.GetValue(_maxBad),
        ReadTimeout = TimeSpan.FromSeconds(parsed.GetValue(_readTimeout)),
    };
}
