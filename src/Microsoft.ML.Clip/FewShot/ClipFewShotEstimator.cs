using System.Text.Json.Serialization;
using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Clip.FewShot;
using Microsoft.ML.Clip.Persistence;
using Microsoft.ML.Clip.ZeroShot;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>
/// Classifies features by a few examples of each label, and by prompts for them. Made by
/// <see cref="ClipCatalog.ClipClassifyFewShot(TransformsCatalog, Options)"/>.
/// </summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>Characteristic</term><description>Value</description></listheader>
/// <item><term>Looks at the data to train its parameters</term><description>Yes, in one pass</description></item>
/// <item><term>Input column types</term><description>Features: known-size vector of <see cref="float"/>; label, for the fit alone: key over
/// texts</description></item>
/// <item><term>Output column types</term><description>Score: known-size vector of <see cref="float"/> with the labels as slot names;
/// predicted label: key with the labels as key values</description></item>
/// <item><term>Exportable to ONNX</term><description>No</description></item>
/// </list>
/// Every label has a direction: <see cref="Options.MeanWeight"/> of the mean of its examples and the rest of its prompts. The score is the
/// softmax of <see cref="Options.Scale"/> × the cosine of features and direction. With <see cref="Options.CacheWeight"/> the examples
/// are kept, and each adds to its label by exp(-sharpness × (1 - cosine)), as Tip-Adapter has it (Zhang et al., 2022,
/// equations 4 and 5). With <see cref="Options.Neighbors"/> only the nearest examples are asked, each the more the nearer it is.
/// </remarks>
public sealed class ClipFewShotEstimator : IEstimator<ClipFewShotTransformer>
{
    private readonly IHostEnvironment _environment;
    private readonly Options _options;

    internal ClipFewShotEstimator(IHostEnvironment environment, Options options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        (_environment, _options) = (environment, options);
    }

    /// <summary>Reads the examples.</summary>
    /// <param name="input">The data. Rows without a label, or with features that are not finite, are left out.</param>
    /// <exception cref="ArgumentException">
    /// A column is absent or of another type, or the label embeddings lack a label or do not fit the features.
    /// </exception>
    public ClipFewShotTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var labels = LabelKeys.Require(input.Schema, _options.LabelColumnName);
        var features = InputColumns.Features(input.Schema, _options.FeatureColumnName);
        var examples = FewShotExamples.Read(input, features, input.Schema[_options.LabelColumnName]);
        var directions = FewShotMemory.Directions(_options.LabelEmbeddings, labels, ((VectorDataViewType)features.Type).Size);
        return new ClipFewShotTransformer(_environment, _options, FewShotMemory.Fit(_options, labels, examples, directions));
    }

    /// <summary>The schema that the fitted transformer will give.</summary>
    /// <param name="inputSchema">The input's.</param>
    /// <exception cref="ArgumentException">A column is absent or of another type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        InputColumns.CheckFeatures(inputSchema, _options.FeatureColumnName);
        LabelKeys.Check(inputSchema, _options.LabelColumnName);
        return inputSchema.With(LabelScores.Shapes(_options.ScoreColumnName, _options.PredictedLabelColumnName));
    }

    /// <summary>Settings of the classifier by examples.</summary>
    public sealed record Options
    {
        /// <summary>The features. Default <c>Features</c>. They are scaled to length 1.</summary>
        public string FeatureColumnName { get; init; } = "Features";

        /// <summary>The label, a key over texts as <c>Conversion.MapValueToKey</c> makes. Default <c>Label</c>.</summary>
        [JsonIgnore]
        public string LabelColumnName { get; init; } = "Label";

        /// <summary>The column of probabilities to add. Default <c>Score</c>.</summary>
        public string ScoreColumnName { get; init; } = "Score";

        /// <summary>The column of the most probable label to add, a key. Default <c>PredictedLabel</c>.</summary>
        public string PredictedLabelColumnName { get; init; } = "PredictedLabel";

        /// <summary>
        /// The labels as the text tower sees them. Of features that lie beside each other, of several models or of picture and text, one
        /// for each part. Default none: then the examples alone count.
        /// </summary>
        [JsonIgnore]
        public IReadOnlyList<ClipLabelEmbeddings> LabelEmbeddings { get; init; } = [];

        /// <summary>
        /// How much the mean of a label's examples counts beside its prompts, from 0 (prompts alone) to 1 (examples alone). Default 0.5;
        /// where there are no <see cref="LabelEmbeddings"/>, examples alone.
        /// </summary>
        public float MeanWeight { get; init; } = 0.5f;

        /// <summary>How many of the nearest examples are asked, and they alone; 0 (default) for none.</summary>
        public int Neighbors { get; init; }

        /// <summary>
        /// How much the examples that are kept count beside the directions (Tip-Adapter's alpha); 0 (default) keeps none.
        /// </summary>
        public float CacheWeight { get; init; }

        /// <summary>How fast the say of an example falls with its distance (Tip-Adapter's beta). Default 5.5.</summary>
        public float CacheSharpness { get; init; } = 5.5f;

        /// <summary>The factor on cosines before the softmax. Default 100.</summary>
        public float Scale { get; init; } = 100;

        /// <summary>Whether a label with few examples has as much say among those kept as one with many. Default false.</summary>
        public bool BalanceClasses { get; init; }

        /// <summary>Whether examples themselves are kept.</summary>
        [JsonIgnore]
        internal bool KeepsExamples => Neighbors > 0 || CacheWeight > 0;

        internal void Check()
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(FeatureColumnName);
            ArgumentException.ThrowIfNullOrWhiteSpace(LabelColumnName);
            ArgumentException.ThrowIfNullOrWhiteSpace(ScoreColumnName);
            ArgumentException.ThrowIfNullOrWhiteSpace(PredictedLabelColumnName);
            LabelScores.CheckNames([ScoreColumnName, PredictedLabelColumnName]);
            if (MeanWeight is not (>= 0 and <= 1))
                throw new ArgumentOutOfRangeException(nameof(MeanWeight), MeanWeight, "The weight of the mean is from 0 to 1.");
            ArgumentOutOfRangeException.ThrowIfNegative(Neighbors);
            if (CacheWeight != 0) Positive(CacheWeight, nameof(CacheWeight));
            Positive(CacheSharpness, nameof(CacheSharpness));
            Positive(Scale, nameof(Scale));
        }

        private static void Positive(float value, string name)
        {
            if (!float.IsFinite(value) || value <= 0) throw new ArgumentOutOfRangeException(name, value, $"{name} must be positive.");
        }
    }
}
