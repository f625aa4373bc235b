using System.CommandLine;
using Clip.Trainer.Training;

namespace Clip.Cli.Training;

/// <summary>Where <c>clip train</c> keeps its results, and how a run goes on.</summary>
internal sealed class RunOptions
{
    private static readonly TrainingOptions Defaults = new();

    private readonly Option<string?> _output = new("--output")
    {
        Description = "The model folder to write; OUTPUT.run holds checkpoints and records. "
            + "Not needed with --lr-find and --dry-run, which write nothing.",
    };

    private readonly Option<long> _seed = new("--seed")
    {
        Description = "Decides starting weights, order, crops and captions.",
        DefaultValueFactory = _ => Defaults.Seed,
    };

    private readonly Option<int> _valFrequency = new("--val-frequency")
    {
        Description = "Epochs between validations.",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<int> _saveFrequency = new("--save-frequency")
    {
        Description = "Epochs between checkpoints.",
        DefaultValueFactory = _ => Defaults.SaveFrequency,
    };

    private readonly Option<long?> _saveSteps = new("--save-steps") { Description = "Steps between further checkpoints." };
    private readonly Option<int> _keep = new("--keep")
    {
        Description = "How many of the latest checkpoints to keep, beside the best.",
        DefaultValueFactory = _ => 2,
    };

    private readonly Option<string?> _bestMetric = new("--best-metric")
    {
        Description = "What the best checkpoint is best by: a name in metrics.jsonl; "
            + "by default the validation loss, else the first accuracy.",
    };

    private readonly Option<string?> _resume = new("--resume") { Description = "'latest', or a checkpoint file of this run." };
    private readonly Option<bool> _dryRun = new("--dry-run")
    {
        Description = "Measures a few steps, prints what the run would take, and writes nothing.",
    };

    private readonly Option<string?> _reproduce = new(Reproduction.Option)
    {
        Description = "Folder of a run to repeat; only --output may be given with it.",
    };

    public IEnumerable<Option> All =>
        [_output, _seed, _valFrequency, _saveFrequency, _saveSteps, _keep, _bestMetric, _resume, _dryRun, _reproduce];

    public TrainingRunOptions Apply(ParseResult parsed, TrainingRunOptions options) => options with
    {
        Output = parsed.GetValue(_output) ?? (options.FindLearningRate || parsed.GetValue(_dryRun)
            ? "nothing"
            : throw new ClipException("--output is missing; name the model folder to write.")),
        ValidationFrequency = parsed.GetValue(_valFrequency),
        Keep = parsed.GetValue(_keep),
        BestMetric = parsed.GetValue(_bestMetric),
        Resume = parsed.GetValue(_resume),
        DryRun = parsed.GetValue(_dryRun),
        Reproduce = parsed.GetValue(_reproduce),
        Training = options.Training with
        {
            Seed = parsed.GetValue(_seed),
            SaveFrequency = parsed.GetValue(_saveFrequency),
            SaveSteps = parsed.GetValue(_saveSteps),
        },
    };
}
