using System.Text.Json.Serialization;
using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Clip.Files;
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
/// predicted label: key with the labels as key values; with <see cref="Options.SimilarityColumnName"/> the cosine similarities, a vector
/// as the score</description></item>
/// <item><term>Exportable to ONNX</term><description>No: it is one already, see the model folder</description></item>
/// </list>
/// The score is the softmax of logit scale × cosine similarity: probabilities over the labels given, which add up to 1 even where none of
/// them fits (see <see cref="Options.Threshold"/>). Models trained with the sigmoid loss (SigLIP, known by a
/// <see cref="ClipModel.LogitBias"/>) give each label sigmoid(logit scale × cosine similarity + logit bias), by itself. Labels are embedded
/// once, at fit; the fitted transformer holds no text tower, nor does a saved one. <c>MulticlassClassification.Evaluate</c> works on the
/// result if the true label is a key of the same values in the same order: set <see cref="Options.LabelColumnName"/>, or give
/// <c>MapValueToKey</c> the labels as <c>keyData</c>. A label key in the data that does not fit is told in the log.
/// </remarks>
public sealed class ClipZeroShotEstimator : ClipEstimatorBase<ClipZeroShotTransformer, ClipZeroShotEstimator.Options>
{
    private volatile Fitted? _last;

    internal ClipZeroShotEstimator(IHostEnvironment environment, Options options)
        : base(environment, options is null ? options! : Copied(options))
    {
    }

    private protected override void CheckInput(DataViewSchema schema)
    {
        InputColumns.Image(schema, Settings.Input);
        if (Settings.LabelColumnName is { } column) LabelKeys.Require(schema, column);
    }

    private protected override void CheckInput(SchemaShape schema)
    {
        InputColumns.CheckImage(schema, Settings.Input);
        if (Settings.LabelColumnName is { } column) LabelKeys.Check(schema, column);
    }

    /// <summary>Embeds the labels with the text tower, closes it, and opens the image tower.</summary>
    private protected override ClipZeroShotTransformer Fit(DataViewSchema schema, ModelSource.Opened opened, ClipSessionOptions session)
    {
        var names = Settings.LabelColumnName is { } column ? LabelKeys.Require(schema, column) : Settings.Labels;
        var scoring = opened.Model.RequireScoring();
        var labels = Embed(opened.Model, names);
        return new ClipZeroShotTransformer(Environment, Settings, session, scoring, labels, opened.HoldImageTower());
    }

    /// <summary>
    /// The labels' embeddings, of the fit before this one if nothing has changed: cross-validation fits once a fold, and their prompts are
    /// the text tower's start and, for many labels, minutes of work.
    /// </summary>
    private ClipLabelEmbeddings Embed(ClipModel model, IReadOnlyList<string> names)
    {
        // An opened model stays what it is, whatever happens to its folder.
        var stamps = Settings.Model is null ? model.TextStamps : [];
        if (_last is { } last && last.Labels.SequenceEqual(names) && stamps.SequenceEqual(last.Stamps)) return last.Embedded;
        var embedded = ClipLabelEmbeddings.Create(model, names, Settings.Templates, Settings.Prompts);
        _last = new([.. names], stamps, embedded);
        return embedded;
    }

    /// <summary>What a caller's lists hold now is what all fits use.</summary>
    private static Options Copied(Options options) => options with
    {
        Labels = [.. options.Labels],
        Templates = options.Templates?.ToArray(),
        Prompts = options.Prompts?.ToDictionary(p => p.Key, p => (IReadOnlyList<string>)[.. p.Value]),
    };

    private sealed record Fitted(string[] Labels, FileStamp?[] Stamps, ClipLabelEmbeddings Embedded);

    /// <summary>Settings of the zero-shot classifier.</summary>
    public sealed record Options : ClipEstimatorOptions
    {
        /// <summary>The column of probabilities to add. Default <c>Score</c>, which evaluators look for.</summary>
        public string ScoreColumnName { get; init; } = "Score";

        /// <summary>
        /// The column of the most probable label to add, a key. Default <c>PredictedLabel</c>, which evaluators look for.
        /// </summary>
        public string PredictedLabelColumnName { get; init; } = "PredictedLabel";

        /// <summary>
        /// A column of the cosine similarities of image and labels to add, from -1 to 1, before the logit scale and the softmax or sigmoid
        /// make probabilities of them: a vector with a slot for each label. <see langword="null"/> (default) adds none.
        /// </summary>
        public string? SimilarityColumnName { get; init; }

        /// <summary>The column of images: <see cref="MLImage"/>, text (paths) or vectors of bytes (files).</summary>
        public required string InputColumnName { get; init; }

        /// <summary>The labels: at least one, all different. Give this or <see cref="LabelColumnName"/>.</summary>
        public IReadOnlyList<string> Labels { get; init; } = [];

        /// <summary>
        /// A column of true labels whose key values, at fit, are the labels in their order: a key over texts, as
        /// <c>Conversion.MapValueToKey</c> makes. <c>MulticlassClassification.Evaluate</c> compares keys by number, so this is the sure
        /// way to right numbers. <see langword="null"/> (default) takes <see cref="Labels"/>.
        /// </summary>
        [JsonIgnore]
        public string? LabelColumnName { get; init; }

        /// <summary>
        /// Sentences with <c>{}</c> or <c>{c}</c> where the label goes, of which an ensemble is made; <see langword="null"/> (default) is
        /// <see cref="PromptTemplates.Default"/>.
        /// </summary>
        [JsonIgnore]
        public IReadOnlyList<string>? Templates { get; init; }

        /// <summary>Whole prompts for some labels, used instead of the templates; <see langword="null"/> (default) for none.</summary>
        [JsonIgnore]
        public IReadOnlyDictionary<string, IReadOnlyList<string>>? Prompts { get; init; }

        /// <summary>
        /// The probability below which no label is predicted: the predicted label is then missing (key 0). Default 0: always the best one.
        /// </summary>
        public float Threshold { get; init; }

        /// <summary>The folder that paths are relative to; <see langword="null"/> (default) is the current directory.</summary>
        public string? ImageFolder { get; init; }

        /// <summary>What an image that cannot be read does. Default: throw, naming it.</summary>
        public ClipErrorHandling OnError { get; init; }

        internal override string Input => InputColumnName;

        internal override IEnumerable<SchemaShape.Column> Outputs
        {
            get
            {
                foreach (var column in LabelScores.Shapes(ScoreColumnName, PredictedLabelColumnName)) yield return column;
                if (SimilarityColumnName is { } name) yield return MlNet.VectorShape(name, NumberDataViewType.Single);
            }
        }

        internal override void Check()
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(ScoreColumnName);
            ArgumentException.ThrowIfNullOrWhiteSpace(PredictedLabelColumnName);
            if (SimilarityColumnName is not null) ArgumentException.ThrowIfNullOrWhiteSpace(SimilarityColumnName);
            base.Check();
            LabelScores.CheckNames(Outputs.Select(column => column.Name));
            if (Threshold is < 0 or > 1 or float.NaN)
                throw new ArgumentOutOfRangeException(nameof(Threshold), Threshold, "The threshold is a probability, from 0 to 1.");
            if (LabelColumnName is null)
                LabelPrompts.Expand(Labels, Templates, Prompts);
            else if (Labels.Count > 0)
                throw new ArgumentException("Give either Labels or LabelColumnName, and not both.");
        }
    }
}
