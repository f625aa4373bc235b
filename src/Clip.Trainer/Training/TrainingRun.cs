using Clip.Trainer.Data;
using Clip.Trainer.Data.Sources;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using Clip.Trainer.Onnx;
using Clip.Trainer.Tokenizing;
using Microsoft.ML.Clip;

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

    /// <summary>A file to write the samples of each step to; null writes none.</summary>
    public string? LogSamples { get; init; }

    /// <summary>A config file, a model folder, or the name of a config that comes with the program.</summary>
    public required string Model { get; init; }

    /// <summary>A folder with a CLIP tokenizer; null learns a vocabulary from the captions.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>Entries of a vocabulary learned from the captions; fewer where they run out.</summary>
    public int VocabSize { get; init; } = 8192;

    /// <summary>Memory for decoded training images.</summary>
    public long CacheBytes { get; init; } = 2L << 30;

    public required string Output { get; init; }

    /// <summary><c>latest</c>, a checkpoint's path, or null to start anew.</summary>
    public string? Resume { get; init; }

    public TrainingOptions Training { get; init; } = new();
}

/// <summary>
/// From a table of captioned images to a model folder. What a run needs to go on (checkpoints, the learned vocabulary) lies in
/// <c>OUTPUT.run</c>; <c>OUTPUT</c> itself appears when the model is finished, whole.
/// </summary>
internal sealed class TrainingRun(TrainingRunOptions options, Action<string> say)
{
    private string RunFolder => Path.TrimEndingDirectorySeparator(options.Output) + ".run";

    private string Checkpoints => Path.Combine(RunFolder, "checkpoints");

    private string LearnedTokenizer => Path.Combine(RunFolder, "tokenizer");

    /// <summary>Trains and writes the model folder.</summary>
    /// <param name="show">Runs the training with a display around it; is given the total steps and those done already.</param>
    /// <param name="onStep">Told of every step.</param>
    /// <param name="onEpoch">Told of every validation.</param>
    /// <param name="cancellation">Stops after the step at hand, with a checkpoint.</param>
    /// <returns>False when cancelled.</returns>
    public async Task<bool> RunAsync(
        Func<long, long, Func<Task<bool>>, Task<bool>> show, Action<StepReport> onStep, Action<EpochReport> onEpoch, CancellationToken cancellation)
    {
        ModelFolderWriter.EnsureReplaceable(options.Output);
        var checkpoint = FindCheckpoint();
        using var records = RecordSources.Open(options.TrainData, options.Sources);
        using var validationRecords = options.ValidationData is { } path ? RecordSources.Open(path, options.Sources with { UpsamplingFactors = null }) : null;
        var config = options.Training.Objective.Config(ClipConfigJson.Load(options.Model));
        var tokenizerFolder = PrepareTokenizer(records, cancellation);
        var tokenizer = ClipTokenizer.Create(tokenizerFolder);
        config = config.WithVocabulary(tokenizer.VocabularySize, tokenizer.StartOfTextId, tokenizer.EndOfTextId).Validate(options.Model);

        var objective = ModelStart.Create(options.Training, config, say);
        using var model = objective.Module;
        var preprocessing = ClipImagePreprocessing.ForSize(config.Vision.ImageSize) with { Background = options.Training.Augmentation.Background?.Bytes };
        using var augmented = new AugmentedPixels(preprocessing, options.Training.Augmentation, options.CacheBytes);
        var train = Loader(records, augmented, options.LogSamples);
        var validation = validationRecords is null ? null : Loader(validationRecords, new PreprocessedPixels(ClipImagePreprocessor.Create(preprocessing)), log: null);
        using var trainer = new TrainingLoop(objective, config.Vision.ImageSize, options.Training, train, validation, Checkpoints) { OnStep = onStep, OnEpoch = onEpoch };
        if (checkpoint is not null)
        {
            trainer.Resume(checkpoint);
            say($"Resumed from {checkpoint} at step {trainer.StepsDone} of {trainer.TotalSteps}.");
        }

        say($"{train.Count} pairs, {model.parameters().Sum(p => p.numel()):N0} parameters, vocabulary {tokenizer.VocabularySize}, {trainer.TotalSteps} steps of {options.Training.BatchSize}.");
        var finished = await show(trainer.TotalSteps, trainer.StepsDone, () => trainer.RunAsync(cancellation)).ConfigureAwait(false);
        if (train.Broken.Count > 0) say($"{train.Broken.Count} of {records.Count + records.Unusable.Count} records were bad and were skipped.");
        if (!finished)
        {
            say($"Stopped at step {trainer.StepsDone} of {trainer.TotalSteps}; go on with the same command and --resume latest.");
            return false;
        }

        var vocabulary = BpeVocabulary.Load(tokenizerFolder);
        using (trainer.UseAveragedWeights())
            ModelFolderWriter.Write(config, ModelStart.Export(model), options.Output, folder => vocabulary.Save(folder, config.Text.ContextLength), background: preprocessing.Background);
        say($"Model folder: {Path.GetFullPath(options.Output)}");
        return true;

        PairLoader Loader(IRecordSource source, IPixelSource pixels, string? log) => new(
            source, tokenizer, config.Text.ContextLength, pixels, new PairLoaderOptions(options.Training.BatchSize, options.Training.Seed)
            {
                SampleSentences = options.Training.Objective == ObjectiveKind.ConVirt && pixels is AugmentedPixels,
                Workers = options.Workers,
                MaxBadPercent = options.MaxBadPercent,
                LogSamples = log,
                OnBroken = (key, reason) => say($"Skipped {key}: {reason}"),
            });
    }

    private string? FindCheckpoint()
    {
        var latest = Checkpoint.Latest(Checkpoints);
        if (options.Resume is null)
        {
            return latest is null
                ? null
                : throw new ClipException($"{RunFolder} holds checkpoints of an earlier run; go on with --resume latest, remove the folder, or choose another --output.");
        }

        if (options.Resume == "latest") return latest ?? throw new ClipException($"There is no checkpoint in {Checkpoints} to resume from; start without --resume.");
        return File.Exists(options.Resume) ? options.Resume : throw new ClipException($"There is no checkpoint '{options.Resume}' to resume from; give a file of {Checkpoints}, or 'latest'.");
    }

    private string PrepareTokenizer(IRecordSource records, CancellationToken cancellation)
    {
        if (options.Tokenizer is { } given) return given;
        if (options.Resume is null || !Directory.Exists(LearnedTokenizer))
        {
            BpeTrainer.Train(RecordSources.Captions(records), options.VocabSize, cancellation: cancellation).Save(LearnedTokenizer);
        }

        return LearnedTokenizer;
    }
}
