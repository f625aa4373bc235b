using Clip.Trainer.Data;
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

    public CaptionTableOptions Table { get; init; } = new();

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
        var rows = CaptionTable.Read(options.TrainData, options.Table);
        var validationRows = options.ValidationData is { } path ? CaptionTable.Read(path, options.Table) : null;
        var config = options.Training.Objective.Config(ClipConfigJson.Load(options.Model));
        var tokenizerFolder = PrepareTokenizer(rows, cancellation);
        var tokenizer = ClipTokenizer.Create(tokenizerFolder);
        config = config.WithVocabulary(tokenizer.VocabularySize, tokenizer.StartOfTextId, tokenizer.EndOfTextId).Validate(options.Model);

        var objective = ModelStart.Create(options.Training, config, say);
        using var model = objective.Module;
        var preprocessing = ClipImagePreprocessing.ForSize(config.Vision.ImageSize) with { Background = options.Training.Augmentation.Background?.Bytes };
        using var augmented = new AugmentedPixels(preprocessing, options.Training.Augmentation, options.CacheBytes);
        var train = Loader(rows, augmented);
        var validation = validationRows is null ? null : Loader(validationRows, new PreprocessedPixels(ClipImagePreprocessor.Create(preprocessing)));
        using var trainer = new TrainingLoop(objective, config.Vision.ImageSize, options.Training, train, validation, Checkpoints) { OnStep = onStep, OnEpoch = onEpoch };
        if (checkpoint is not null)
        {
            trainer.Resume(checkpoint);
            say($"Resumed from {checkpoint} at step {trainer.StepsDone} of {trainer.TotalSteps}.");
        }

        say($"{rows.Count} pairs, {model.parameters().Sum(p => p.numel()):N0} parameters, vocabulary {tokenizer.VocabularySize}, {trainer.TotalSteps} steps of {options.Training.BatchSize}.");
        var finished = await show(trainer.TotalSteps, trainer.StepsDone, () => trainer.RunAsync(cancellation)).ConfigureAwait(false);
        if (train.Broken.Count > 0) say($"{train.Broken.Count} of {rows.Count} images could not be read and were skipped.");
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

        PairLoader Loader(IReadOnlyList<CaptionedImage> images, IPixelSource pixels) =>
            new(images, tokenizer, config.Text.ContextLength, pixels, options.Training.BatchSize, options.Training.Seed) { OnBroken = (image, reason) => say($"Skipped {image}: {reason}") };
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

    private string PrepareTokenizer(IReadOnlyList<CaptionedImage> rows, CancellationToken cancellation)
    {
        if (options.Tokenizer is { } given) return given;
        if (options.Resume is null || !Directory.Exists(LearnedTokenizer))
        {
            BpeTrainer.Train(rows.SelectMany(r => r.Captions), options.VocabSize, cancellation: cancellation).Save(LearnedTokenizer);
        }

        return LearnedTokenizer;
    }
}
