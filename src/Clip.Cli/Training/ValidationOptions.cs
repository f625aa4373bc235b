using System.CommandLine;
using Clip.Cli.Options;
using Clip.Data.Sources;
using Clip.Trainer.Training;

namespace Clip.Cli.Training;

/// <summary>What <c>clip train</c> measures meanwhile, and what makes a checkpoint the best.</summary>
internal sealed class ValidationOptions
{
    private readonly Option<string?> _data = new("--val-data")
    {
        Description = "What to validate on after each epoch: the loss, and recall at 1, 5 and 10 both ways.",
    };

    private readonly Option<int> _frequency = new("--val-frequency")
    {
        Description = "Epochs between validations.",
        DefaultValueFactory = _ => 1,
    };

    private readonly LabeledSetOptions _sets = new("--zeroshot-data", "--zeroshot-classnames", "--zeroshot-templates");
    private readonly Option<int> _zeroShotFrequency = new("--zeroshot-frequency")
    {
        Description = "Epochs between zero-shot evaluations.",
        DefaultValueFactory = _ => 2,
    };

    private readonly Option<string?> _bestMetric = new("--best-metric")
    {
        Description = "What the best checkpoint is best by: a name in metrics.jsonl; "
            + "by default the validation loss, else the first accuracy.",
    };

    public IEnumerable<Option> All => [_data, _frequency, .. _sets.All, _zeroShotFrequency, _bestMetric];

    /// <summary>Reads the labeled sets.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="layout">How the training data are laid out; validation data have the same.</param>
    public RunValidation Parse(ParseResult parsed, RecordSourceOptions layout) => new()
    {
        Data = parsed.GetValue(_data) is { } names ? NamedSource.Of(names, layout) : null,
        Frequency = parsed.GetValue(_frequency),
        ZeroShot = _sets.Read(parsed, layout.Table),
        ZeroShotFrequency = parsed.GetValue(_zeroShotFrequency),
        BestMetric = parsed.GetValue(_bestMetric),
    };
}
