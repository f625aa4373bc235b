using System.Text.Json;
using Clip.Trainer.Data;
using Clip.Trainer.Data.Sources;
using Clip.Trainer.Evaluation;
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

    /// <summary>Training pairs that are opened already, and are disposed by the run; null opens <see cref="TrainData"/>.</summary>
    public IRecordSource? Records { get; init; }

    /// <summary>Validation pairs that are opened already, and are disposed by the run; null opens <see cref="ValidationData"/>, if that is given.</summary>
    public IRecordSource? ValidationRecords { get; init; }

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

    /// <summary>How many of the latest checkpoints to keep.</summary>
    public int Keep { get; init; } = 2;

    /// <summary>The validation metric whose best checkpoint is kept; null for the loss, or without validation pairs the first accuracy.</summary>
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
}

/// <summary>
/// From a table of captioned images to a model folder. What a run needs to go on, and its records, lie in <c>OUTPUT.run</c>
/// (<see cref="RunFolder"/>); <c>OUTPUT</c> itself appears when the model is finished, whole.
/// </summary>
/// <param name="options">What to do.</param>
/// <param name="say">Told of what a user should know, a line at a time.</param>
/// <param name="listeners">Displays and logs; disposed at the end of the run.</param>
internal sealed class TrainingRun(TrainingRunOptions options, Action<string> say, params IReadOnlyList<IRunListener> listeners)
{
    private const int SamplePairs = 12;

    private readonly RunFolder _folder = new(options.Output);

    /// <summary>Trains and writes the model folder.</summary>
    /// <param name="cancellation">Stops after the step at hand, with a checkpoint.</param>
    /// <returns>False when cancelled.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellation)
    {
        if (!options.WritesNothing) ModelFolderWriter.EnsureReplaceable(options.Output);
        var checkpoints = new CheckpointFolder(_folder.Checkpoints, options.Keep, options.BestMetric);
        var checkpoint = options.WritesNothing ? null : _folder.Find(checkpoints, options.Resume, say);
        using var records = options.Records ?? RecordSources.Open(options.TrainData, options.Sources);
        using var validationRecords = options.ValidationRecords
            ?? (options.ValidationData is { } path ? RecordSources.Open(path, options.Sources with { UpsamplingFactors = null }) : null);
        var config = options.Training.Objective.Config(ClipConfigJson.Load(options.Model));
        var tokenizerFolder = PrepareTokenizer(records, cancellation);
        var tokenizer = ClipTokenizer.Create(tokenizerFolder);
        if (options.WritesNothing && options.Tokenizer is null) Directory.Delete(tokenizerFolder, recursive: true);
        config = config.WithVocabulary(tokenizer.VocabularySize, tokenizer.StartOfTextId, tokenizer.EndOfTextId).Validate(options.Model);

        var objective = ModelStart.Create(options.Training, config, say);
        using var model = objective.Module;
        var preprocessing = ClipImagePreprocessing.ForSize(config.Vision.ImageSize) with { Background = options.Training.Augmentation.Background?.Bytes };
        using var augmented = new AugmentedPixels(preprocessing, options.Training.Augmentation, options.CacheBytes);
        var preprocessor = ClipImagePreprocessor.Create(preprocessing);
        var train = Loader(records, augmented, options.Training.PairsPerStep, options.LogSamples);
        var validation = validationRecords is null ? null : Loader(validationRecords, new PreprocessedPixels(preprocessor), options.Training.BatchSize, log: null);
        var probe = new ZeroShotProbe(tokenizer, config.Text.ContextLength, preprocessor, config.Vision.ImageSize, options.Training.BatchSize) { OnBroken = Skipped };
        var validator = new Validator(objective, validation, options.ValidationFrequency, options.ZeroShot, options.ZeroShotFrequency, probe);
        using var loop = new TrainingLoop(objective, config.Vision.ImageSize, options.Training, train, options.WritesNothing ? null : validator, options.WritesNothing ? null : checkpoints)
        {
            OnStep = step => Tell(l => l.Step(step)),
            OnValidation = report => Tell(l => l.Validation(report)),
        };
        if (options.FindLearningRate) return await Guarded(FindLearningRateAsync).ConfigureAwait(false);

        var record = new RunRecord(
            RunRecord.CurrentVersion, options.Arguments, Environment.CurrentDirectory, train.Fingerprint, options.Training.Fingerprint(train.Fingerprint),
            JsonDocument.Parse(ClipConfigJson.ToHuggingFace(config)).RootElement);
        if (options.Reproduce is { } earlier) record.Repeats(RunRecord.Load(earlier), say);
        if (checkpoint is not null)
        {
            loop.Resume(checkpoint);
            say($"Resumed from {checkpoint} at step {loop.StepsDone} of {loop.TotalSteps}.");
        }
        else if (!options.DryRun)
        {
            Directory.CreateDirectory(_folder.Root);
            record.Save(_folder.Root);
        }

        (string Name, string Value)[] facts =
        [
            ("training data", $"{options.TrainData} ({train.Fingerprint})"),
            ("parameters", $"{model.parameters().Sum(p => p.numel()):N0}"),
            ("vocabulary", $"{tokenizer.VocabularySize}"),
            ("steps", $"{loop.TotalSteps} of {options.Training.PairsPerStep} pairs"),
            ("options", record.Options),
            ("version", record.Version),
        ];
        if (options.DryRun) return await Guarded(TrainAsync).ConfigureAwait(false);
        say($"{train.Count} pairs, {model.parameters().Sum(p => p.numel()):N0} parameters, vocabulary {tokenizer.VocabularySize}, {loop.TotalSteps} steps of {options.Training.PairsPerStep}.");
        var finished = await Guarded(TrainAsync).ConfigureAwait(false);
        if (train.Broken.Count > 0) say($"{train.Broken.Count} of {records.Count + records.Unusable.Count} records were bad and were skipped.");
        if (!finished)
        {
            say($"Stopped at step {loop.StepsDone} of {loop.TotalSteps}; go on with the same command and --resume latest.");
            return false;
        }

        var vocabulary = BpeVocabulary.Load(tokenizerFolder);
        using (loop.UseAveragedWeights())
        {
            ModelFolderWriter.Write(
                config, ModelStart.Export(model), options.Output, folder => vocabulary.Save(folder, config.Text.ContextLength), background: preprocessing.Background);
        }

        say($"Model folder: {Path.GetFullPath(options.Output)}");
        return true;

        PairLoader Loader(IRecordSource source, IPixelSource pixels, int batchSize, string? log) => new(
            source, tokenizer, config.Text.ContextLength, pixels, new PairLoaderOptions(batchSize, options.Training.Seed)
            {
                SampleSentences = options.Training.Objective == ObjectiveKind.ConVirt && pixels is AugmentedPixels,
                Workers = options.Workers,
                MaxBadPercent = options.MaxBadPercent,
                LogSamples = log,
                OnBroken = Skipped,
            });

        async Task<bool> TrainAsync()
        {
            try
            {
                Tell(l => l.Start(new RunStart(_folder.Root, loop.TotalSteps, loop.StepsDone, loop.StateBytes)));
                var done = await loop.RunAsync(cancellation).ConfigureAwait(false);
                var end = new RunEnd(_folder.Root, $"{Path.GetFileName(_folder.Root)}, step {loop.StepsDone} of {loop.TotalSteps}", facts, Sample());
                Tell(l => l.End(end));
                return done;
            }
            finally
            {
                Tell(l => l.Dispose());
            }
        }

        async Task<bool> FindLearningRateAsync()
        {
            var found = await loop.FindLearningRateAsync(cancellation).ConfigureAwait(false);
            foreach (var (rate, loss) in found.Curve) say(FormattableString.Invariant($"lr {rate:0.00E+00}  loss {loss:F4}"));
            say(FormattableString.Invariant($"Try --lr {found.Suggest():G2}: a tenth of where the loss was lowest."));
            return true;
        }

        async Task<bool> Guarded(Func<Task<bool>> work)
        {
            try
            {
                return await work().ConfigureAwait(false);
            }
            catch (Exception e) when (OutOfMemory.Is(e))
            {
                throw OutOfMemory.Tell(e, options.Training.BatchSize);
            }
        }

        PairSample? Sample()
        {
            if (options.DryRun || validation?.InOrder().FirstOrDefault() is not { Count: > 0 } batch || objective is not IContrastiveObjective contrastive) return null;
            using var averaged = loop.UseAveragedWeights();
            model.eval();
            return PairSample.Of(contrastive, batch, SamplePairs, loop.Tensors, tokenizer, preprocessing);
        }
    }

    private void Skipped(string image, string reason) => say($"Skipped {image}: {reason}");

    private void Tell(Action<IRunListener> tell)
    {
        foreach (var listener in listeners) tell(listener);
    }

    private string PrepareTokenizer(IRecordSource records, CancellationToken cancellation)
    {
        if (options.Tokenizer is { } given) return given;
        var folder = options.WritesNothing ? Directory.CreateTempSubdirectory("clip-tokenizer-").FullName : _folder.Tokenizer;
        if (options.WritesNothing || options.Resume is null || !Directory.Exists(folder))
        {
            BpeTrainer.Train(RecordSources.Captions(records), options.VocabSize, cancellation: cancellation).Save(folder);
        }

        return folder;
    }
}
