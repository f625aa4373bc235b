using System.Text.Json.Serialization;
using Microsoft.ML.Clip.FindingSimilar;
using Microsoft.ML.Clip.Persistence;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>
/// Adds the pictures of an index that are closest to a row's features, with their scores, and on demand the label that they vote for.
/// Made by <see cref="ClipSearchCatalog.ClipFindSimilar(TransformsCatalog, string, string, ClipImageIndex, int)"/>.
/// </summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>Characteristic</term><description>Value</description></listheader>
/// <item><term>Looks at the data to train its parameters</term><description>No</description></item>
/// <item><term>Input column type</term><description>Vector of <see cref="float"/> of the index's dimension</description></item>
/// <item><term>Output column types</term><description>Vector of text: the neighbors' ids; vector of <see cref="float"/>: their scores;
/// key: the label voted for</description></item>
/// <item><term>Exportable to ONNX</term><description>No</description></item>
/// </list>
/// The search is exact. Where there are fewer pictures than asked for, ids are empty and scores are missing (NaN) at the end.
/// </remarks>
public sealed class ClipFindSimilarEstimator : IEstimator<ClipFindSimilarTransformer>
{
    private readonly IHostEnvironment _environment;
    private readonly Options _options;
    private readonly ClipImageIndex _index;

    internal ClipFindSimilarEstimator(IHostEnvironment environment, ClipImageIndex index, Options options)
    {
        ArgumentNullException.ThrowIfNull(index);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        (_environment, _index, _options) = (environment, index, options);
    }

    /// <summary>Takes the index as it is; the data's schema alone is looked at.</summary>
    /// <param name="input">The data.</param>
    /// <exception cref="ArgumentException">The input column is absent, or no vector of the index's dimension.</exception>
    public ClipFindSimilarTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        FeatureColumn.Of(input.Schema, _options.InputColumnName, _index.Dimension);
        return new ClipFindSimilarTransformer(_environment, _options, _index, isOwned: false);
    }

    /// <summary>The schema that the fitted transformer will give.</summary>
    /// <param name="inputSchema">The input's.</param>
    /// <exception cref="ArgumentException">The input column is absent, or no vector of <see cref="float"/>.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        FeatureColumn.Check(inputSchema, _options.InputColumnName);
        var found = inputSchema.With(
            MlNet.PlainVectorShape(_options.OutputColumnName, TextDataViewType.Instance),
            MlNet.PlainVectorShape(_options.ScoreColumnName, NumberDataViewType.Single));
        return _options.PredictedLabelColumnName is { } label ? found.With(MlNet.KeyShape(label)) : found;
    }

    /// <summary>Settings of the search.</summary>
    public sealed record Options
    {
        /// <summary>The column of neighbors' ids to add. Default <c>Neighbors</c>.</summary>
        public string OutputColumnName { get; init; } = "Neighbors";

        /// <summary>The column of their scores to add, cosines. Default <c>NeighborScores</c>.</summary>
        public string ScoreColumnName { get; init; } = "NeighborScores";

        /// <summary>The features to search by. Default <c>Features</c>.</summary>
        public string InputColumnName { get; init; } = "Features";

        /// <summary>How many neighbors. Default 5.</summary>
        public int Top { get; init; } = 5;

        /// <summary>
        /// The column of the label that most neighbors have, of those with as many the one with the higher sum of scores;
        /// <see langword="null"/> (default) adds none.
        /// </summary>
        public string? PredictedLabelColumnName { get; init; }

        /// <summary>What the label of a neighbor is. Default: its caption.</summary>
        public ClipNeighborLabel Label { get; init; }

        /// <summary>
        /// Whether a neighbor of score 1, to rounding, is left out: the row's own picture, where it is in the index. Default no.
        /// </summary>
        public bool SkipSelf { get; init; }

        /// <summary>Rows that are searched for in one pass over the index. Default 64.</summary>
        public int BatchSize { get; init; } = 64;

        /// <summary>Whether a saved pipeline holds the index (default) or refers to its file.</summary>
        public ClipTowerStorage IndexStorage { get; init; }

        [JsonIgnore]
        internal int Asked => Top + (SkipSelf ? 1 : 0);

        internal void Check()
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(OutputColumnName);
            ArgumentException.ThrowIfNullOrWhiteSpace(ScoreColumnName);
            ArgumentException.ThrowIfNullOrWhiteSpace(InputColumnName);
            ArgumentOutOfRangeException.ThrowIfLessThan(Top, 1);
            ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 1);
            string?[] added = [OutputColumnName, ScoreColumnName, PredictedLabelColumnName];
            if (added.Distinct().Count() < added.Length)
                throw new ArgumentException("Two of the columns to add have the same name; give each its own.");
        }
    }
}
