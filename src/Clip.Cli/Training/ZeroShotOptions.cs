using System.CommandLine;
using Clip.Cli.Options;
using Clip.Trainer.Training;

namespace Clip.Cli.Training;

/// <summary>What <c>clip train</c> measures zero-shot accuracy on meanwhile.</summary>
internal sealed class ZeroShotOptions
{
    private readonly LabeledSetOptions _sets = new("--zeroshot-data", "--zeroshot-classnames", "--zeroshot-templates");
    private readonly Option<int> _frequency = new("--zeroshot-frequency")
    {
        Description = "Epochs between zero-shot evaluations.",
        DefaultValueFactory = _ => 2,
    };

    public IEnumerable<Option> All => [.. _sets.All, _frequency];

    /// <summary>Adds the sets; tables are laid out as those of pairs.</summary>
    public TrainingRunOptions Apply(ParseResult parsed, TrainingRunOptions options) => options with
    {
        ZeroShot = _sets.Read(parsed, options.Sources.Table),
        ZeroShotFrequency = parsed.GetValue(_frequency),
    };
}
