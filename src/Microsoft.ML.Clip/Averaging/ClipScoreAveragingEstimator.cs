using System.Text.Json.Serialization;
using Microsoft.ML.Clip.Averaging;
using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Clip.Persistence;
using Microsoft.ML.Clip.ZeroShot;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>
/// Averages the scores of several classifiers of the same labels. Made by
/// <see cref="ClipCatalog.ClipAverageScores(TransformsCatalog, Options)"/>.
/// </summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>Characteristic</term><description>Value</description></listheader>
/// <item><term>Looks at the data to train its parameters</term><description>No; at the names of the label's keys</description></item>
/// <item><term>Input column types</term><description>Scores of all classifiers beside each other: known-size vector of
/// <see cref="float"/>; label, for the fit alone: key over texts</description></item>
/// <item><term>Output column types</term><description>Score: known-size vector of <see cref="float"/> with the labels as slot names;
/// predicted label: key with the labels as key values</description></item>
/// <item><term>Exportable to ONNX</term><description>No</description></item>
/// </list>
/// Each classifier's scores are scaled to add up to 1 first, so that one-versus-all's count no more than others'; then the mean is taken,
/// with <see cref="Options.Weights"/>. Classifiers that err on different rows are better together than each by itself (Caruana et al.,
/// <i>Ensemble Selection from Libraries of Models</i>, 2004).
/// </remarks>
public sealed class ClipScoreAveragingEstimator : IEstimator<ClipScoreAveragingTransformer>
{
    private readonly IHostEnvironment _environment;
    private readonly Options _options;

    internal ClipScoreAveragingEstimator(IHostEnvironment environment, Options options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        (_environment, _options) = (environment, options);
    }

    /// <summary>Reads the labels' names.</summary>
    /// <param name="input">The data; no row of it is read.</param>
    /// <exception cref="ArgumentException">
    /// A column is absent or of another type, or the scores are not so many that each classifier has one for each label.
    /// </exception>
    public ClipScoreAveragingTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var labels = LabelKeys.Require(input.Schema, _options.LabelColumnName);
        var transformer = new ClipScoreAveragingTransformer(_environment, _options, new ScoreAverage(labels, _options.Weights));
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    /// <summary>The schema that the fitted transformer will give.</summary>
    /// <param name="inputSchema">The input's.</param>
    /// <exception cref="ArgumentException">A column is absent or of another type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        InputColumns.CheckFeatures(inputSchema, _options.InputColumnName);
        LabelKeys.Check(inputSchema, _options.LabelColumnName);
        return inputSchema.With(LabelScores.Shapes(_options.ScoreColumnName, _options.PredictedLabelColumnName));
    }

    /// <summary>Settings of the average.</summary>
    public sealed record Options
    {
        /// <summary>
        /// The scores of the first classifier, of the second, and so on, as <c>Concatenate</c> puts them beside each other. Default
        /// <c>Scores</c>.
        /// </summary>
        public string InputColumnName { get; init; } = "Scores";

        /// <summary>
        /// The label that all of them were trained on, a key over texts as <c>Conversion.MapValueToKey</c> makes. Default <c>Label</c>.
        /// </summary>
        [JsonIgnore]
        public string LabelColumnName { get; init; } = "Label";

        /// <summary>The column of averages to add. Default <c>Score</c>.</summary>
        public string ScoreColumnName { get; init; } = "Score";

        /// <summary>The column of the most probable label to add, a key. Default <c>PredictedLabel</c>.</summary>
        public string PredictedLabelColumnName { get; init; } = "PredictedLabel";

        /// <summary>How much each classifier counts: one number for each, above 0.</summary>
        public required IReadOnlyList<float> Weights { get; init; }

        internal void Check()
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(InputColumnName);
            ArgumentException.ThrowIfNullOrWhiteSpace(LabelColumnName);
            ArgumentException.ThrowIfNullOrWhiteSpace(ScoreColumnName);
            ArgumentException.ThrowIfNullOrWhiteSpace(PredictedLabelColumnName);
            LabelScores.CheckNames([ScoreColumnName, PredictedLabelColumnName]);
            if (Weights is not { Count: > 0 }) throw new ArgumentException("There are no weights; give one for each classifier.");
            foreach (var weight in Weights)
            {
                if (!float.IsFinite(weight) || weight <= 0)
                    throw new ArgumentOutOfRangeException(nameof(Weights), weight, "The weight of a classifier must be positive.");
            }
        }
    }
}
