using Clip.Conversion.Tokenizing;
using Clip.Data;
using Clip.Data.Distributed;
using Clip.Data.Sources;
using Clip.Trainer.Reporting;
using Clip.Trainer.Training;
using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Persistence;
using Microsoft.ML.Data;

namespace Clip.Trainer;

/// <summary>
/// Trains a CLIP model on the rows of a data view, as <c>clip train</c> does, and gives the transformers over the model folder that it
/// writes. Those are of Microsoft.ML.Clip: a saved pipeline is loaded without this assembly and without TorchSharp.
/// </summary>
/// <remarks>
/// <see cref="Fit(IDataView)"/> takes as long as the training. It may be called once for a folder: checkpoints of an earlier fit are
/// gone on with when <see cref="Options.Resume"/> says so, and are an error otherwise.
/// </remarks>
public sealed class ClipContrastiveEstimator : IEstimator<TransformerChain<ITransformer>>
{
    private const string DefaultModel = "RN-small-96";

    private readonly TransformsCatalog _catalog;
    private readonly Options _options;

    internal ClipContrastiveEstimator(TransformsCatalog catalog, Options options)
    {
        _catalog = catalog ?? throw new ArgumentNullException(nameof(catalog));
        _options = options ?? throw new ArgumentNullException(nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.VocabSize, BpeTrainer.SmallestVocabulary, nameof(options.VocabSize));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ValidationFrequency, 1, nameof(options.ValidationFrequency));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Keep, 1, nameof(options.Keep));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Workers, 1, nameof(options.Workers));
        if (options.MaxBadPercent is not (>= 0 and <= 100))
            throw new ArgumentOutOfRangeException(nameof(options), options.MaxBadPercent, "MaxBadPercent must be from 0 to 100.");
    }

    /// <summary>What to train on, and where to.</summary>
    public sealed record Options
    {
        /// <summary>The column of images: paths (text), files (vectors of bytes) or <c>MLImage</c>s.</summary>
        public required string ImageColumnName { get; init; }

        /// <summary>The column of captions: text, or vectors of texts, of which an epoch shows one.</summary>
        public required string CaptionColumnName { get; init; }

        /// <summary>
        /// Whether rows with the same image are one with all their captions, so that no image is its own negative in a batch. Default true.
        /// </summary>
        public bool GroupByImage { get; init; } = true;

        /// <summary>
        /// The model folder to write; checkpoints and records lie beside it, in a folder of this name with <c>.run</c> behind it.
        /// </summary>
        public required string ModelFolder { get; init; }

        /// <summary>
        /// A config file, a model folder, or the name of a config that comes with the program. Null (default) is the config beside
        /// <see cref="FineTuningOptions.Pretrained"/> weights, and <c>RN-small-96</c> for a training from random ones.
        /// </summary>
        public string? Model { get; init; }

        /// <summary>
        /// A tokenizer of any kind: a folder, or a <c>tokenizer.json</c>. Null (default) is the one beside
        /// <see cref="FineTuningOptions.Pretrained"/> weights, and for a training from random ones a vocabulary learned from the captions.
        /// </summary>
        public string? Tokenizer { get; init; }

        /// <summary>Entries of a learned vocabulary. Default 8192.</summary>
        public int VocabSize { get; init; } = RunModel.DefaultVocabSize;

        /// <summary>
        /// Word vectors that the text tower's tokens start from, so that words that no caption has mean something: the path of GloVe's,
        /// word2vec's or fastText's text file, or <c>english</c>, which comes with the package. Null (default) for random ones.
        /// </summary>
        public string? WordVectors { get; init; }

        /// <summary>
        /// Epochs between two passes over the validation rows, where <see cref="Fit(IDataView, IDataView)"/> is given any. Default 1.
        /// </summary>
        public int ValidationFrequency { get; init; } = 1;

        /// <summary>
        /// The validation metric whose best checkpoint is kept, a name in <c>metrics.jsonl</c>; null (default) for the loss.
        /// </summary>
        public string? BestMetric { get; init; }

        /// <summary>How many of the latest checkpoints are kept, beside the best. Default 2.</summary>
        public int Keep { get; init; } = RunOutput.DefaultKeep;

        /// <summary>Threads that read and decode images. Default: as many as there are cores.</summary>
        public int Workers { get; init; } = Environment.ProcessorCount;

        /// <summary>How many of the rows may have images that cannot be used, in percent, before the run stops. Default 10.</summary>
        public double MaxBadPercent { get; init; } = ReadingOptions.DefaultMaxBadPercent;

        /// <summary>How to train, what to start from and what of it stays.</summary>
        public TrainingOptions Training { get; init; } = new();

        /// <summary>The column of image embeddings that the transformers add. Default <c>ImageFeatures</c>.</summary>
        public string ImageFeaturesColumnName { get; init; } = "ImageFeatures";

        /// <summary>
        /// The column of text embeddings that the transformers add; there is none where captions are vectors of texts. Default
        /// <c>TextFeatures</c>.
        /// </summary>
        public string TextFeaturesColumnName { get; init; } = "TextFeatures";

        /// <summary>Whether to go on from the latest checkpoint of an earlier, interrupted fit.</summary>
        public bool Resume { get; init; }

        /// <summary>Told what a user should know of the run, a line at a time; null (default) for nobody.</summary>
        public Action<string>? Log { get; init; }

        /// <summary>Stops after the step at hand, with a checkpoint.</summary>
        public CancellationToken CancellationToken { get; init; }
    }

    /// <summary>Trains, and writes the model folder.</summary>
    /// <inheritdoc cref="Fit(IDataView, IDataView)"/>
    public TransformerChain<ITransformer> Fit(IDataView input) => Fit(input, validation: null);

    /// <summary>
    /// Trains, and writes the model folder; loss and recall on the validation rows go to <c>metrics.jsonl</c> and <c>training.html</c>
    /// in the run's folder, and the best checkpoint by that loss is kept. The model is the one at the end all the same.
    /// </summary>
    /// <param name="input">The rows to train on; they are read once.</param>
    /// <param name="validation">Rows to validate on, with the same image and caption columns; null for none.</param>
    /// <returns>Image features, and where captions are single texts, text features: vectors of <see cref="float"/>, of length 1.</returns>
    /// <exception cref="ArgumentException">A column is absent or of another type, or there are no rows.</exception>
    /// <exception cref="ClipException">The config, the tokenizer or the folder will not do, or the training failed.</exception>
    /// <exception cref="OperationCanceledException">The run was stopped; a checkpoint is kept.</exception>
    public TransformerChain<ITransformer> Fit(IDataView input, IDataView? validation)
    {
        ArgumentNullException.ThrowIfNull(input);
        var (options, output) = Compose(input, validation);
        var run = new TrainingRun(
            options, output, Ranks.Alone, _options.Log ?? (_ => { }),
            new MetricsLog(TimeProvider.System), new TensorBoardLog(TimeProvider.System), new TrainingPage());
        if (!run.RunAsync(_options.CancellationToken).GetAwaiter().GetResult())
        {
            throw new OperationCanceledException(
                $"The training was stopped before {_options.ModelFolder} was written; set Resume to go on.", _options.CancellationToken);
        }

        var folder = _options.ModelFolder;
        IEstimator<ITransformer> image = _catalog.ClipFeaturizeImage(_options.ImageFeaturesColumnName, folder, _options.ImageColumnName);
        var chain = new EstimatorChain<ITransformer>().Append(image);
        if (input.Schema[_options.CaptionColumnName].Type is TextDataViewType)
        {
            chain = chain.Append<ITransformer>(
                _catalog.ClipFeaturizeText(_options.TextFeaturesColumnName, folder, _options.CaptionColumnName));
        }

        return chain.Fit(input);
    }

    /// <summary>What a fit trains, on what and how, and where to.</summary>
    internal (TrainingRunOptions Run, RunOutput Output) Compose(IDataView input, IDataView? validation)
    {
        var run = new TrainingRunOptions
        {
            Data = new RunData(Records(input))
            {
                Reading = new ReadingOptions { Workers = _options.Workers, MaxBadPercent = _options.MaxBadPercent },
            },
            Model = Model() with { VocabSize = _options.VocabSize, WordVectors = _options.WordVectors },
            Training = _options.Training,
            Validation = new RunValidation
            {
                Data = validation is null ? null : Records(validation),
                Frequency = _options.ValidationFrequency,
                BestMetric = _options.BestMetric,
            },
        };
        return (run, new RunOutput(_options.ModelFolder) { Keep = _options.Keep, Resume = _options.Resume ? "latest" : null });

        RunModel Model()
        {
            var (training, model) = (_options.Training, _options.Model);
            if (training.FineTuning.Pretrained is null) model ??= DefaultModel;
            return RunModel.Of(training, model, _options.Tokenizer);
        }

        NamedSource Records(IDataView rows) => new("a data view", () => DataViewRecords.Read(
            rows, _options.ImageColumnName, _options.CaptionColumnName, groupByImage: _options.GroupByImage));
    }

    /// <summary>The columns of the input and the embeddings'.</summary>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        _ = Find(_options.ImageColumnName);
        var caption = Find(_options.CaptionColumnName);
        List<SchemaShape.Column> added = [MlNet.VectorShape(_options.ImageFeaturesColumnName, NumberDataViewType.Single)];
        if (caption.Kind == SchemaShape.Column.VectorKind.Scalar)
            added.Add(MlNet.VectorShape(_options.TextFeaturesColumnName, NumberDataViewType.Single));
        return new SchemaShape([.. inputSchema.Where(c => added.All(a => a.Name != c.Name)), .. added]);

        SchemaShape.Column Find(string name) => inputSchema.Any(c => c.Name == name)
            ? inputSchema.First(c => c.Name == name)
            : throw new ArgumentException(
                $"The data have no column '{name}'; they have {string.Join(", ", inputSchema.Select(c => c.Name))}.", nameof(inputSchema));
    }
}
