using Clip.Trainer.Data;
using Clip.Trainer.Data.Sources;
using Clip.Trainer.Evaluation;
using Clip.Trainer.Objectives;

namespace Clip.Trainer.Training;

/// <summary>Where a run's data come from and where its results go.</summary>
internal sealed record TrainingRunOptions
{
    public required string TrainData { get; init; }

    public string? ValidationData { get; init; }

    /// <summary>The kind and layout of the training data; the validation data's too, but for the factors.</summary>
    public RecordSourceOptions Sources { get; init; } = new();

    /// <summary>Threads that read and decode.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary>How many records may be bad, in per cent, before the run stops.</summary>
    public double MaxBadPercent { get; init; } = PairLoaderOptions.DefaultMaxBadPercent;

    /// <summary>How long reading a record may take; then it is a bad one.</summary>
    public TimeSpan ReadTimeout { get; init; } = PairLoaderOptions.DefaultReadTimeout;

    /// <summary>A file to write the samples of each step to; null writes none.</summary>
    public string? LogSamples { get; init; }

    /// <summary>Training pairs that are opened already, and are disposed by the run; null opens <see cref="TrainData"/>.</summary>
    public IRecordSource? Records { get; init; }

    /// <summary>
    /// Validation pairs that are opened already, and are disposed by the run; null opens <see cref="ValidationData"/>, if that is given.
    /// </summary>
    public IRecordSource? ValidationRecords { get; init; }

    /// <summary>A config file, a model folder, or the name of a config that comes with the program.</summary>
    public required string Model { get; init; }

    /// <summary>A folder with a CLIP tokenizer; null learns a vocabulary from the captions.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>Entries of a vocabulary learned from the captions; fewer where they run out.</summary>
    public int VocabSize { get; init; } = 8192;

    /// <summary>Memory for decoded training images: by default an eighth of what there is, at most 2 GiB.</summary>
    public long CacheBytes { get; init; } = Math.Min(2L << 30, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8);

    public required string Output { get; init; }

    /// <summary><c>latest</c>, a checkpoint's path, or null to start anew.</summary>
    public string? Resume { get; init; }

    /// <summary>How many of the latest checkpoints to keep.</summary>
    public int Keep { get; init; } = 2;

    /// <summary>
    /// The validation metric whose best checkpoint is kept; null for the loss, or without validation pairs the first accuracy.
    /// </summary>
    public string? BestMetric { get; init; }

    /// <summary>Epochs between two passes over the validation pairs.</summary>
    public int ValidationFrequency { get; init; } = 1;

    /// <summary>Labelled pictures to measure zero-shot accuracy on.</summary>
    public IReadOnlyList<LabelledSet> ZeroShot { get; init; } = [];

    /// <summary>Epochs between two such measurements.</summary>
    public int ZeroShotFrequency { get; init; } = 1;

    /// <summary>Whether to measure a few steps and leave it at that.</summary>
    public bool DryRun { get; init; }

    /// <summary>The options of the command line, for the record; null where there was none.</summary>
    public IReadOnlyDictionary<string, string[]>? Arguments { get; init; }

    /// <summary>The folder of a run that this one repeats, which is checked; null for a run of its own.</summary>
    public string? Reproduce { get; init; }

    /// <summary>Whether to look for a learning rate and leave it at that.</summary>
    public bool FindLearningRate { get; init; }

    /// <summary>Whether nothing is to be written; <see cref="Output"/> and <see cref="Resume"/> then mean nothing.</summary>
    public bool WritesNothing => DryRun || FindLearningRate;

    public TrainingOptions Training { get; init; } = new();

    /// <summary>
    /// What the best checkpoint is best by: <see cref="BestMetric"/>, or the first that is measured; null where nothing is.
    /// </summary>
    /// <exception cref="ClipException">The metric is not measured in this run.</exception>
    public string? MetricOfBest()
    {
        var contrastive = Training.Objective is ObjectiveKind.Clip or ObjectiveKind.SigLip or ObjectiveKind.ConVirt;
        var names = ValidationMetrics.Names(
            (ValidationData ?? (object?)ValidationRecords) is not null, contrastive, ZeroShot.Select(set => set.Name)).ToList();
        if (BestMetric is null || names.Contains(BestMetric)) return BestMetric ?? names.FirstOrDefault();
        throw new ClipException($"`BestMetric` '{BestMetric}' is not measured in this run; " + (names.Count > 0
            ? $"give one of {string.Join(", ", names)}."
            : "give it `ValidationData` or `ZeroShot` to measure on."));
    }
}
