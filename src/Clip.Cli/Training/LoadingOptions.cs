using System.CommandLine;
using Clip.Trainer.Data;
using Clip.Trainer.Training;

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
        Description = "How many records may be bad, in percent, before the run stops.",
        DefaultValueFactory = _ => PairLoaderOptions.DefaultMaxBadPercent,
    };

    private readonly Option<double> _readTimeout = new("--read-timeout")
    {
        Description = "Seconds that reading a record may take; a slower one counts as bad.",
        DefaultValueFactory = _ => PairLoaderOptions.DefaultReadTimeout.TotalSeconds,
    };

    public IEnumerable<Option> All => [_workers, _maxBad, _readTimeout];

    public TrainingRunOptions Apply(ParseResult parsed, TrainingRunOptions options) => options with
    {
        Workers = parsed.GetValue(_workers) is > 0 and var workers ? workers : Environment.ProcessorCount,
        MaxBadPercent = parsed.GetValue(_maxBad),
        ReadTimeout = TimeSpan.FromSeconds(parsed.GetValue(_readTimeout)),
    };
}
