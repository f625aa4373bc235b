using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Clip.Models;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>
/// Adds CLIP's text embeddings as a feature vector. Made by
/// <see cref="ClipCatalog.ClipFeaturizeText(TransformsCatalog, string, string, string?)"/>.
/// </summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>Characteristic</term><description>Value</description></listheader>
/// <item><term>Looks at the data to train its parameters</term><description>No</description></item>
/// <item><term>Input column type</term><description>Text</description></item>
/// <item><term>Output column type</term><description>Known-size vector of <see cref="float"/>, with slot names</description></item>
/// <item><term>Exportable to ONNX</term><description>No: it is one already, see the model folder</description></item>
/// </list>
/// Embeddings are computed anew on each pass over the data: put <c>AppendCacheCheckpoint</c> between this step and a trainer.
/// A text longer than the context is cut and counted in one warning a pass, or refused: <see cref="ClipModelOptions.TruncateTexts"/>.
/// </remarks>
public sealed class ClipTextFeaturizingEstimator
    : ClipEstimatorBase<ClipTextFeaturizingTransformer, ClipTextFeaturizingEstimator.Options>
{
    internal ClipTextFeaturizingEstimator(IHostEnvironment environment, Options options)
        : base(environment, options)
    {
    }

    private protected override void CheckInput(DataViewSchema schema) => InputColumns.Text(schema, Settings.Input);

    private protected override void CheckInput(SchemaShape schema) => InputColumns.CheckText(schema, Settings.Input);

    private protected override ClipTextFeaturizingTransformer Fit(
        DataViewSchema schema, ModelSource.Opened opened, ClipSessionOptions session) =>
        new(Environment, Settings, session, opened.HoldTextTower());

    /// <summary>Settings of the text featurizer.</summary>
    public sealed record Options : ClipFeaturizerOptions
    {
        /// <summary>What a missing or empty text does. Default: it is embedded, and told in a warning.</summary>
        public ClipEmptyTextHandling OnEmptyText { get; init; }
    }
}
