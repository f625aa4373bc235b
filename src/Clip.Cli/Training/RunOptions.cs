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

    private readonly Option<int> _saveFrequency = new("--save-frequency")
    {
        Description = "Epochs between checkpoints.",
        DefaultValueFactory = _ => Defaults.SaveFrequency,
    };

    private readonly Option<long?> _saveSteps = new("--save-steps") { Description = "Steps between further checkpoints." };
    private readonly Option<int> _keep = new("--keep")
    {
        Description = "How many of the latest checkpoints to keep, beside the best.",
        DefaultValueFactory = _ => RunOutput.DefaultKeep,
    };

    private readonly Option<string?> _resume = new("--resume") { Description = "'latest', or a checkpoint file of this run." };
    private readonly Option<bool> _dryRun = new("--dry-run")
    {
        Description = "Measures a few steps, prints what the run would take, and writes nothing.",
    };

    private readonly Option<bool> _lrFind = new("--lr-find")
    {
        Description = "Looks for a learning rate, prints it and stops; nothing is written.",
    };

    private readonly Option<string?> _reproduce = new(Reproduction.Option)
    {
        Description = "Folder of a run to repeat; only --output may be given with it.",
    };

    public IEnumerable<Option> All => [_output, _seed, _saveFrequency, _saveSteps, _keep, _resume, _dryRun, _lrFind, _reproduce];

    /// <summary>What to do: the training itself, or a look at it.</summary>
    /// <exception cref="ClipException">Two things are asked for at once.</exception>
    public TrainingVerb Verb(ParseResult parsed) => (parsed.GetValue(_dryRun), parsed.GetValue(_lrFind)) switch
    {
        (true, true) => throw new ClipException("--dry-run and --lr-find measure different things; give one of them."),
        (true, _) => TrainingVerb.Measure,
        (_, true) => TrainingVerb.FindLearningRate,
        _ => TrainingVerb.Train,
    };

    public RunOutput Output(ParseResult parsed) =>
        new(parsed.GetValue(_output) ?? throw new ClipException("--output is missing; name the model folder to write."))
        {
            Keep = parsed.GetValue(_keep),
            Resume = parsed.GetValue(_resume),
            Reproduce = parsed.GetValue(_reproduce),
        };

    /// <summary>The training with its seed, and how often it saves.</summary>
    public TrainingOptions Of(ParseResult parsed, TrainingOptions training) => training with
    {
        Seed = parsed.GetValue(_seed),
        SaveFrequency = parsed.GetValue(_saveFrequency),
        SaveSteps = parsed.GetValue(_saveSteps),
    };
}

/// <summary>What <c>clip train</c> does.</summary>
internal enum TrainingVerb
{
    Train,
    Measure,
    FindLearningRate,
}
