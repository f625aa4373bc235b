using System.CommandLine;
using Clip.Cli.Pretrained;
using Clip.Trainer.Training;

namespace Clip.Cli.Training;

/// <summary>All options of <c>clip train</c>, and what they come to.</summary>
internal sealed class TrainOptions
{
    private readonly DataOptions _data = new();
    private readonly ObjectiveOptions _objective = new();
    private readonly RunOptions _run = new();
    private readonly OptimizationOptions _optimization = new();
    private readonly AugmentationOptions _augmentation = new();
    private readonly CaptionOptions _captions = new();
    private readonly ValidationOptions _validation = new();

    public IEnumerable<Option> All =>
    [
        .. _data.All, .. _objective.All, .. _run.All, .. _optimization.All, .. _optimization.OverRanks, .. _augmentation.All,
        .. _captions.All, .. _validation.All,
    ];

    /// <summary>What to do: the training itself, or a look at it.</summary>
    public TrainingVerb Verb(ParseResult parsed) => _run.Verb(parsed);

    /// <summary>Where to, for what writes something.</summary>
    public RunOutput Output(ParseResult parsed) => _run.Output(parsed);

    /// <summary>Where the model lies that training starts from, downloaded if it is given by its name; null where there is none.</summary>
    public async Task<string?> PretrainedAsync(ParseResult parsed, CancellationToken cancellation) =>
        _objective.Pretrained(parsed) is { } model
            ? await PretrainedModel.ResolveOrPathAsync(model, cancellation).ConfigureAwait(false)
            : null;

    /// <summary>What is trained, on what and how.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="pretrained">Where the model lies that training starts from, if not where --pretrained says.</param>
    public TrainingRunOptions Parse(ParseResult parsed, string? pretrained = null)
    {
        var kind = _objective.Objective(parsed);
        var training = _run.Of(parsed, _optimization.Parse(parsed)) with
        {
            Objective = kind,
            FineTuning = _objective.FineTuning(parsed, pretrained),
            LabelSmoothing = _objective.LabelSmoothing(parsed),
            MaxLogitScale = _objective.MaxLogitScale(parsed),
            Augmentation = _augmentation.Parse(parsed, kind),
            Captions = _captions.Parse(parsed),
        };
        return new TrainingRunOptions
        {
            Data = _data.Parse(parsed),
            Model = _objective.Model(parsed, training),
            Training = training,
            Validation = _validation.Parse(parsed, _data.Layout(parsed)),
            Arguments = Reproduction.Arguments(parsed),
        };
    }
}
