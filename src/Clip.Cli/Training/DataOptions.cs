using System.CommandLine;
using Clip.Cli.Options;
using Clip.Data.Sources;
using Clip.Trainer.Training;

namespace Clip.Cli.Training;

/// <summary>What <c>clip train</c> trains on.</summary>
internal sealed class DataOptions
{
    private readonly Option<string> _trainData = new("--train-data")
    {
        Description = "What to train on: a table, WebDataset shards, Parquet files or a folder of classes; several are joined by ::.",
        Required = true,
    };

    private readonly Option<string?> _factors = new("--train-data-upsampling-factors")
    {
        Description = "How often an epoch shows each source's pairs, joined by ::, such as 1::0.5.",
    };

    private readonly Option<string?> _logSamples = new("--log-samples") { Description = "A file that lists the samples of each step." };
    private readonly SourceOptions _source = new(trains: true);
    private readonly LoadingOptions _loading = new();

    public IEnumerable<Option> All => [_trainData, _factors, .. _source.All, .. _loading.All, _logSamples];

    /// <summary>The kind and layout of the files; validation data have the same.</summary>
    public RecordSourceOptions Layout(ParseResult parsed) => _source.Parse(parsed);

    public RunData Parse(ParseResult parsed)
    {
        var factors = parsed.GetValue(_factors)?.Split("::").Select(Factor).ToArray();
        return new RunData(NamedSource.Of(parsed.GetValue(_trainData)!, Layout(parsed) with { UpsamplingFactors = factors }))
        {
            Reading = _loading.Parse(parsed),
            LogSamples = parsed.GetValue(_logSamples),
        };
    }

    private static double Factor(string text) =>
        Numbers.TryParse<double>(text, out var factor) && factor is > 0 and <= 1000
            ? factor
            : throw new ClipException(
                $"--train-data-upsampling-factors has '{text}', which is not a factor; give numbers above 0 joined by ::, such as 1::0.5.");
}
