using System.Globalization;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.ModelFolders;
using Clip.Conversion.Tokenizing;
using Clip.Data;
using Clip.Data.Distributed;
using Clip.Data.Sources;
using Clip.Evaluation;
using Clip.Trainer.Objectives;
using Clip.Trainer.Validation;
using Microsoft.ML.Clip;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>What a run works with, made from its options: data, vocabulary, model, and the loop over them.</summary>
internal sealed class TrainingSetup : IDisposable
{
    private readonly Stack<IDisposable> _owned = [];
    private readonly TrainingRunOptions _options;
    private readonly Action<string> _say;
    private readonly JobSetup _job;
    private string? _learned;

    /// <summary>Opens the data, learns a vocabulary where none is given, and makes the model.</summary>
    /// <param name="options">The run's.</param>
    /// <param name="kept">Where the run is kept; null for one of which nothing is.</param>
    /// <param name="ranks">Those that share each batch; of several the first alone has what is kept.</param>
    /// <param name="say">Told of what a user should know, a line at a time.</param>
    /// <param name="cancellation">Stops the learning of a vocabulary.</param>
    /// <exception cref="ClipException">The data, the config, the tokenizer or the weights will not do.</exception>
    private TrainingSetup(
        TrainingRunOptions options, KeptRun? kept, Ranks ranks, Action<string> say, CancellationToken cancellation)
    {
        (_options, _say, Ranks, _job) = (options, say, ranks, new JobSetup(ranks));
        try
        {
            _job.TakeProcessors();
            _job.RequireSharable(options.Data.Train);
            Records = Own(options.Data.Train.Open());
            var validationRecords = ranks.IsFirst ? options.Validation.Data?.Open() : null;
            if (validationRecords is not null) Own(validationRecords);

            var model = TrainableModel.Read(options.Model, options.Training);
            if (model.LeftOut is { } leftOut) say(leftOut);
            Tokenizer = Tokens(model, kept, cancellation);
            RequireSameTokens(model);
            Trained = model.With(Tokenizer);
            var words = WordRows.Of(options, Tokenizer, say);
            Objective = ModelStart.Create(options.Training, Trained, say, ranks, words);
            Own(Objective.Module);
            KeepFeatures();

            var (training, imageSize) = (options.Training, Trained.ImageSize);
            Preprocessing = PicturesOf(training);
            var preprocessor = ClipImagePreprocessor.Create(Preprocessing);
            var augmented = Own(new AugmentedPixels(Preprocessing, training.Augmentation, options.Data.CacheBytes / ranks.LocalSize));
            Train = Own(Loader(Records, augmented, PairsPerStep, ranks.AreSeveral ? null : options.Data.LogSamples, _job.Slice(training)));
            _job.RequireSameData(Train, Tokenizer.Hash, PairsPerStep, training.AccumFrequency);
            Validation = validationRecords is null
                ? null
                : Own(Loader(validationRecords, new PreprocessedPixels(preprocessor), training.BatchSize, log: null, slice: null));
            var probe = new ZeroShotProbe(Tokenizer.Rows, preprocessor, imageSize, training.BatchSize)
            {
                OnBroken = Skipped,
            };
            var measured = options.Validation;
            var validator = new Validator(
                Objective, Validation, measured.Frequency, measured.ZeroShot, measured.ZeroShotFrequency, probe);
            Loop = Own(kept is null
                ? new TrainingLoop(Objective, imageSize, training, Train, validator: null, checkpoints: null, ranks)
                {
                    LogSamples = ranks.AreSeveral ? options.Data.LogSamples : null,
                }
                : new TrainingLoop(Objective, imageSize, training, Train, validator, kept.Checkpoints, ranks)
                {
                    LogSamples = options.Data.LogSamples,
                    Say = say,
                    Model = new Dictionary<string, string>(Course.Of(Trained.ConfigJson, Tokenizer, Preprocessing))
                    {
                        ["VocabSize"] = Course.Text(options.Model.Tokenizer is null ? options.Model.VocabSize : null),
                        ["WordVectors"] = Course.Text(words?.Hash),
                    },
                });
        }
        catch
        {
            Dispose();
            // A run that does not begin leaves nothing.
            if (_learned is not null) Directory.Delete(_learned, recursive: true);
            throw;
        }
    }

    /// <summary>Those that share each batch.</summary>
    public Ranks Ranks { get; }

    /// <summary>Pairs that a step compares, of all ranks.</summary>
    public int PairsPerStep => checked(_options.Training.PairsPerStep * Ranks.Size);

    public IRecordSource Records { get; }

    /// <summary>What is trained, and how it is written.</summary>
    public TrainableModel Trained { get; }

    /// <summary>Written beside the model.</summary>
    public ModelTokenizer Tokenizer { get; }

    public IObjective Objective { get; }

    public nn.Module Model => Objective.Module;

    public long Parameters => Model.parameters().Sum(p => p.numel());

    /// <summary>What validation and inference do to pictures.</summary>
    public ClipImagePreprocessing Preprocessing { get; }

    public PairLoader Train { get; }

    public PairLoader? Validation { get; }

    public TrainingLoop Loop { get; }

    /// <summary>Opens data and model; a stop does not wait for a disk or network that hangs.</summary>
    public static async Task<TrainingSetup> OpenAsync(
        TrainingRunOptions options, KeptRun? kept, Ranks ranks, Action<string> say, CancellationToken cancellation)
    {
        var opening = Task.Run(() => new TrainingSetup(options, kept, ranks, say, cancellation), CancellationToken.None);
        try
        {
            return await opening.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _ = opening.ContinueWith(
                opened => opened.Result.Dispose(),
                CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            throw;
        }
    }

    public void Dispose()
    {
        while (_owned.TryPop(out var last)) last.Dispose();
    }

    /// <summary>Keeps what a locked image tower makes of pictures that stay the same, where it makes it by itself alone.</summary>
    private void KeepFeatures()
    {
        var training = _options.Training;
        // A ResNet's norms look at the whole batch, a ConvNeXt's depth and left-out patches are drawn; of a GPU pixels are not read back.
        var isFixed = Objective is TwoTowerObjective && training.Augmentation.IsStill
            && Model is Modeling.ClipModel { Config.Vision: VisionTransformerConfig { PatchDropout: 0 } }
            && Model.named_parameters().All(p => p.parameter.device_type == TorchSharp.DeviceType.CPU
                && !(p.parameter.requires_grad && (p.name.StartsWith("visual.", StringComparison.Ordinal)
                    || p.name.StartsWith("image_head.", StringComparison.Ordinal))));
        if (!isFixed) return;
        var bytes = _options.Data.CacheBytes / Ranks.LocalSize;
        ((TwoTowerObjective)Objective).Kept = new KeptFeatures(bytes);
        var most = (bytes >> 20).ToString("N0", CultureInfo.InvariantCulture);
        _say("The image tower is locked and nothing moves the pictures: each one's features are computed once and kept "
            + $"({most} MiB at most).");
    }

    private T Own<T>(T part)
        where T : IDisposable
    {
        _owned.Push(part);
        return part;
    }

    private PairLoader Loader(IRecordSource source, IPixelSource pixels, int batchSize, string? log, BatchSlice? slice)
    {
        if (Math.Min(batchSize / (slice?.Ranks ?? 1), source.Count) * (long)pixels.FloatCount > Array.MaxLength)
            throw new ClipException(
                $"{batchSize} pictures of {pixels.FloatCount} numbers are more than a step can hold; "
                + "lower `BatchSize` or `AccumFrequency`.");
        return new PairLoader(
            source, Tokenizer.Rows, pixels,
            new PairLoaderOptions(batchSize, _options.Training.Seed, _job.Reading(_options.Data.Reading))
            {
                Slice = slice,
                SampleSentences = _options.Training.Objective == ObjectiveKind.ConVirt && pixels is AugmentedPixels,
                Captions = pixels is AugmentedPixels ? _options.Training.Captions : new CaptionAugmentation(),
                LogSamples = log,
                OnBroken = Skipped,
            });
    }

    /// <summary>As the model that the run starts from has its pictures; what lies under transparent ones may be chosen anew.</summary>
    private ClipImagePreprocessing PicturesOf(TrainingOptions training)
    {
        var around = training.FineTuning.Pretrained is { } path ? CompanionFiles.Of(path) : new CompanionFiles(null);
        var pictures = Trained.Preprocessing(around);
        return training.Augmentation switch
        {
            { Background: { } background } => pictures with { Background = background.Bytes },
            { DropsAlpha: true } => pictures with { Background = null },
            _ => pictures,
        };
    }

    /// <summary>Refuses another tokenizer for a text tower, whose rows stand for the tokens of the one beside it.</summary>
    private void RequireSameTokens(TrainableModel model)
    {
        if (_options.Training.FineTuning.Pretrained is not { } path || _options.Model.Tokenizer is not { } given
            || CompanionFiles.Of(path) is not { AnyTokenizer: { } theirs, Config: { } source }
            || model.HasSameTokens(Tokenizer, given, theirs, source))
            return;
        throw new ClipException(
            $"`Tokenizer` {given} is another than the one in {theirs}, which {path} was trained with; leave it out.");
    }

    private void Skipped(string image, string reason) => _say($"Skipped {image}: {reason}");

    /// <summary>The tokenizer that is given, the one that a resumed run has learned, or one learned now.</summary>
    private ModelTokenizer Tokens(TrainableModel model, KeptRun? kept, CancellationToken cancellation)
    {
        if (_options.Model.Tokenizer is { } given) return Load(given);
        if (model.TokenizerName is { } name)
            _say($"The config names the tokenizer {name}, which is not given as `Tokenizer`; a vocabulary is learned from the captions.");
        if (kept is null)
        {
            var aside = Directory.CreateTempSubdirectory("clip-tokenizer-").FullName;
            try
            {
                if (Ranks.IsFirst) Learn(aside);
                _job.ShareFolder(aside);
                return Load(aside);
            }
            finally
            {
                Directory.Delete(aside, recursive: true);
            }
        }

        var learned = kept.Folder.Tokenizer;
        if (kept.Checkpoint is null) Learn(learned);
        else if (!Directory.Exists(learned))
            throw new ClipException($"The run has learned no vocabulary in {learned}; give the one it was trained with as `Tokenizer`.");
        _job.ShareFolder(learned);
        return Load(learned);

        void Learn(string folder)
        {
            var words = BpeTrainer.CountWords(RecordSources.Captions(Records), cancellation);
            var vocabulary = BpeTrainer.TrainOnWords(words, _options.Model.VocabSize, cancellationToken: cancellation);
            if (_options.Model.WordVectors is { } vectors) vocabulary = WordRows.Vocabulary(vocabulary, vectors, words);
            AtomicFolder.Write(folder, target => vocabulary.Save(target));
            if (kept is not null) _learned = folder;
        }

        ModelTokenizer Load(string path) => model.OpenTokenizer(path, _options.Training.FineTuning.Pretrained);
    }
}
