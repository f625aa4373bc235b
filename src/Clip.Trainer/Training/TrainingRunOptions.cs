using Clip.Data;
using Clip.Data.Sources;
using Clip.Evaluation;
using Clip.Trainer.Objectives;
using Clip.Trainer.Validation;

namespace Clip.Trainer.Training;

/// <summary>What is trained, on what and how; where the results go is <see cref="RunOutput"/>'s.</summary>
internal sealed record TrainingRunOptions
{
    /// <summary>What to train on.</summary>
    public required RunData Data { get; init; }

    /// <summary>What to train.</summary>
    public required RunModel Model { get; init; }

    /// <summary>How to train.</summary>
    public TrainingOptions Training { get; init; } = new();

    /// <summary>What to measure meanwhile.</summary>
    public RunValidation Validation { get; init; } = new();

    /// <summary>The options of the command line, for the record; null where there was none.</summary>
    public IReadOnlyDictionary<string, string[]>? Arguments { get; init; }

    /// <summary>
    /// What the best checkpoint is best by: <see cref="RunValidation.BestMetric"/>, or the first that is measured; null where nothing is.
    /// </summary>
    /// <exception cref="ClipException">The metric is not measured in this run.</exception>
    public string? MetricOfBest()
    {
        var contrastive = Training.Objective is ObjectiveKind.Clip or ObjectiveKind.SigLip or ObjectiveKind.ConVirt;
        var names = ValidationMetrics.Names(
            Validation.Data is not null, contrastive, Validation.ZeroShot.Select(set => set.Name)).ToList();
        if (Validation.BestMetric is not { } given || names.Contains(given)) return Validation.BestMetric ?? names.FirstOrDefault();
        throw new ClipException($"`BestMetric` '{given}' is not measured in this run; " + (names.Count > 0
            ? $"give one of {string.Join(", ", names)}."
            : "give it data to validate on, or labeled pictures, to measure on."));
    }
}

/// <summary>What to train on.</summary>
/// <param name="Train">The pairs.</param>
internal sealed record RunData(NamedSource Train)
{
    /// <summary>How they are read, and those to validate on.</summary>
    public ReadingOptions Reading { get; init; } = new();

    /// <summary>A file to write the samples of each step to; null writes none.</summary>
    public string? LogSamples { get; init; }

    /// <summary>Memory for decoded training images: by default an eighth of what there is, at most 2 GiB.</summary>
    public long CacheBytes { get; init; } = AugmentedPixels.DefaultCacheBytes;
}

/// <summary>What to measure while training.</summary>
internal sealed record RunValidation
{
    /// <summary>Pairs to validate on; null for none.</summary>
    public NamedSource? Data { get; init; }

    /// <summary>Epochs between two passes over them.</summary>
    public int Frequency { get; init; } = 1;

    /// <summary>Labeled pictures to measure zero-shot accuracy on.</summary>
    public IReadOnlyList<LabeledSet> ZeroShot { get; init; } = [];

    /// <summary>Epochs between two such measurements.</summary>
    public int ZeroShotFrequency { get; init; } = 1;

    /// <summary>
    /// The metric whose best checkpoint is kept; null for the loss, or without validation pairs the first accuracy.
    /// </summary>
    public string? BestMetric { get; init; }
}

/// <summary>Where the results go, and what they go on from.</summary>
/// <param name="ModelFolder">The model folder to write.</param>
internal sealed record RunOutput(string ModelFolder)
{
    /// <summary>How many of the latest checkpoints to keep, unless another number is given.</summary>
    public const int DefaultKeep = 2;

    /// <summary><c>latest</c>, a checkpoint's path, or null to start anew.</summary>
    public string? Resume { get; init; }

    /// <summary>How many of the latest checkpoints to keep.</summary>
    public int Keep { get; init; } = DefaultKeep;

    /// <summary>The folder of a run that this one repeats, which is checked; null for a run of its own.</summary>
    public string? Reproduce { get; init; }
}
