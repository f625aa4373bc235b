using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.Models;
using Microsoft.ML.Clip.Persistence;
using Microsoft.ML.Clip.ZeroShot;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>
/// Classifies images by names alone, without training. Made by
/// <see cref="ClipCatalog.ClipClassifyZeroShot(TransformsCatalog, Options)"/> and its shorter forms.
/// </summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>Characteristic</term><description>Value</description></listheader>
/// <item><term>Looks at the data to train its parameters</term><description>No</description></item>
/// <item><term>Input column type</term><description><see cref="MLImage"/>, text (a file's path), or a vector of <see cref="byte"/> (a
/// file's content)</description></item>
/// <item><term>Output column types</term><description>Score: known-size vector of <see cref="float"/> with the labels as slot names;
/// predicted label: key with the labels as key values</description></item>
/// <item><term>Exportable to ONNX</term><description>No: it is one already, see the model folder</description></item>
/// </list>
/// The score is the softmax of logit scale × cosine similarity: probabilities over the labels given, which add up to 1 even where none of
/// them fits (see <see cref="Options.Threshold"/>). Models trained with the sigmoid loss (SigLIP, known by a
/// <see cref="ClipModel.LogitBias"/>) give each label sigmoid(logit scale × cosine similarity + logit bias), by itself. Labels are embedded
/// once, at fit; the fitted transformer holds no text tower, nor does a saved one. <c>MulticlassClassification.Evaluate</c> works on the
/// result if the true label is a key of the same values in the same order: set <see cref="Options.LabelColumnName"/>, or give
/// <c>MapValueToKey</c> the labels as <c>keyData</c>. A label key in the data that does not fit is told in the log.
/// </remarks>
public sealed class ClipZeroShotEstimator : IEstimator<ClipZeroShotTransformer>
{
    private readonly IHostEnvironment _environment;
    private readonly ModelSource _source;
    private readonly Options _options;

    internal ClipZeroShotEstimator(IHostEnvironment environment, Options options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrWhiteSpace(options.ScoreColumnName);
        ArgumentException.ThrowIfNullOrWhiteSpace(options.PredictedLabelColumnName);
        ArgumentException.ThrowIfNullOrWhiteSpace(options.InputColumnName);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchSize, 1, nameof(Options.BatchSize));
        if (options.ScoreColumnName == options.PredictedLabelColumnName)
            throw new ArgumentException($"Score and predicted label cannot both be named '{options.ScoreColumnName}'.", nameof(options));
        if (options.Threshold is < 0 or > 1 or float.NaN)
            throw new ArgumentOutOfRangeException(nameof(options), options.Threshold, "The threshold is a probability, from 0 to 1.");
        if (options.LabelColumnName is null)
            LabelPrompts.Expand(options.Labels, options.Templates, options.Prompts);
        else if (options.Labels.Count > 0)
            throw new ArgumentException("Give either Labels or LabelColumnName, and not both.", nameof(options));
        _environment = environment;
        _source = new ModelSource(environment, options.ModelFolder, options.Model, options.ModelOptions);
        _options = options with { Labels = [.. options.Labels] };
    }

    /// <summary>Embeds the labels with the text tower, closes it, and opens the image tower.</summary>
    /// <param name="input">The data, of which only the schema is looked at.</param>
    /// <exception cref="ArgumentException">
    /// The input or label column is absent or of another type, or two labels are the same text to the model.
    /// </exception>
    /// <exception cref="FileNotFoundException">The model folder lacks a tower or the tokenizer.</exception>
    /// <exception cref="InvalidDataException">Neither the folder nor the options have a SigLIP model's scale and bias.</exception>
    public ClipZeroShotTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        InputColumns.Image(input.Schema, _options.InputColumnName);
        var names = _options.LabelColumnName is { } column ? LabelKeys.Require(input.Schema, column) : _options.Labels;
        using var opened = _source.Open();
        var scoring = opened.Model.RequireScoring();
        var labels = ClipLabelEmbeddings.Create(opened.Model, names, _options.Templates, _options.Prompts);
        return new ClipZeroShotTransformer(_environment, State(scoring), labels, opened.HoldImageTower());
    }

    /// <summary>The schema that the fitted transformer will give.</summary>
    /// <param name="inputSchema">The input's.</param>
    /// <exception cref="ArgumentException">The input column is absent or of another type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        InputColumns.CheckImage(inputSchema, _options.InputColumnName);
        if (_options.LabelColumnName is { } label) LabelKeys.Check(inputSchema, label);
        var columns = inputSchema.ToDictionary(c => c.Name);
        columns[_options.ScoreColumnName] = MlNet.VectorShape(_options.ScoreColumnName, NumberDataViewType.Single);
        columns[_options.PredictedLabelColumnName] = MlNet.KeyShape(_options.PredictedLabelColumnName);
        return new SchemaShape(columns.Values);
    }

    private ZeroShotState State(ClipScoring scoring) => new()
    {
        ScoreColumnName = _options.ScoreColumnName,
        PredictedLabelColumnName = _options.PredictedLabelColumnName,
        InputColumnName = _options.InputColumnName,
        LogitScale = scoring.Scale,
        LogitBias = scoring.Bias,
        Threshold = _options.Threshold,
        BatchSize = _options.BatchSize,
        ImageFolder = _options.ImageFolder,
        OnError = _options.OnError,
        TowerStorage = _options.TowerStorage,
        Session = _source.SessionOptions,
    };

    /// <summary>Settings of the zero-shot classifier.</summary>
    public sealed record Options
    {
        /// <summary>The column of probabilities to add. Default <c>Score</c>, which evaluators look for.</summary>
        public string ScoreColumnName { get; init; } = "Score";

        /// <summary>
        /// The column of the most probable label to add, a key. Default <c>PredictedLabel</c>, which evaluators look for.
        /// </summary>
        public string PredictedLabelColumnName { get; init; } = "PredictedLabel";

        /// <summary>The column of images: <see cref="MLImage"/>, text (paths) or vectors of bytes (files).</summary>
        public required string InputColumnName { get; init; }

        /// <summary>The model folder, opened at fit and closed with the transformer. Give this or <see cref="Model"/>.</summary>
        public string? ModelFolder { get; init; }

        /// <summary>An opened model, whose sessions are shared and which stays the caller's to dispose.</summary>
        public ClipModel? Model { get; init; }

        /// <summary>
        /// How to read <see cref="ModelFolder"/>; <see cref="ClipModelOptions.LogitScale"/> and <see cref="ClipModelOptions.LogitBias"/>
        /// are set here.
        /// </summary>
        public ClipModelOptions? ModelOptions { get; init; }

        /// <summary>The labels: at least one, all different. Give this or <see cref="LabelColumnName"/>.</summary>
        public IReadOnlyList<string> Labels { get; init; } = [];

        /// <summary>
        /// A column of true labels whose key values, at fit, are the labels in their order: a key over texts, as
        /// <c>Conversion.MapValueToKey</c> makes. <c>MulticlassClassification.Evaluate</c> compares keys by number, so this is the sure
        /// way to right numbers. <see langword="null"/> (default) takes <see cref="Labels"/>.
        /// </summary>
        public string? LabelColumnName { get; init; }

        /// <summary>
        /// Sentences with <c>{}</c> or <c>{c}</c> where the label goes, of which an ensemble is made; <see langword="null"/> (default) is
        /// <see cref="PromptTemplates.Default"/>.
        /// </summary>
        public IReadOnlyList<string>? Templates { get; init; }

        /// <summary>Whole prompts for some labels, used instead of the templates; <see langword="null"/> (default) for none.</summary>
        public IReadOnlyDictionary<string, IReadOnlyList<string>>? Prompts { get; init; }

        /// <summary>
        /// The probability below which no label is predicted: the predicted label is then missing (key 0). Default 0: always the best one.
        /// </summary>
        public float Threshold { get; init; }

        /// <summary>Images a session run gets at once; memory is bounded by twice as many. Default 32.</summary>
        public int BatchSize { get; init; } = 32;

        /// <summary>The folder that paths are relative to; <see langword="null"/> (default) is the current directory.</summary>
        public string? ImageFolder { get; init; }

        /// <summary>What an image that cannot be read does. Default: throw, naming it.</summary>
        public ClipErrorHandling OnError { get; init; }

        /// <summary>
        /// Whether a saved pipeline holds the image tower (default) or refers to the model folder; labels are always inside.
        /// </summary>
        public ClipTowerStorage TowerStorage { get; init; }
    }
}
