using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Clip.Models;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>
/// Adds CLIP's image embeddings as a feature vector. Made by
/// <see cref="ClipCatalog.ClipFeaturizeImage(TransformsCatalog, string, string, string?)"/>.
/// </summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>Characteristic</term><description>Value</description></listheader>
/// <item><term>Looks at the data to train its parameters</term><description>No</description></item>
/// <item><term>Input column type</term><description><see cref="MLImage"/>, text (a file's path), or a vector of <see cref="byte"/> (a
/// file's content)</description></item>
/// <item><term>Output column type</term><description>Known-size vector of <see cref="float"/>, with slot names</description></item>
/// <item><term>Exportable to ONNX</term><description>No: it is one already, see the model folder</description></item>
/// </list>
/// Embeddings are computed anew on each pass over the data: put <c>AppendCacheCheckpoint</c> between this step and a trainer.
/// </remarks>
public sealed class ClipImageFeaturizingEstimator
    : ClipEstimatorBase<ClipImageFeaturizingTransformer, ClipImageFeaturizingEstimator.Options>
{
    internal ClipImageFeaturizingEstimator(IHostEnvironment environment, Options options)
        : base(environment, options)
    {
    }

    private protected override void CheckInput(DataViewSchema schema) => InputColumns.Image(schema, Settings.Input);

    private protected override void CheckInput(SchemaShape schema) => InputColumns.CheckImage(schema, Settings.Input);

    private protected override ClipImageFeaturizingTransformer Fit(
        DataViewSchema schema, ModelSource.Opened opened, ClipSessionOptions session) =>
        new(Environment, Settings, session, opened.HoldImageTower());

    /// <summary>Settings of the image featurizer.</summary>
    public sealed record Options : ClipFeaturizerOptions
    {
        /// <summary>The folder that paths are relative to; <see langword="null"/> (default) is the current directory.</summary>
        public string? ImageFolder { get; init; }

        /// <summary>What an image that cannot be read does. Default: throw, naming it.</summary>
        public ClipErrorHandling OnError { get; init; }

        /// <summary>
        /// The views of a picture whose embeddings are averaged: each scaled to length 1, their mean too. Default: the picture alone. A
        /// batch holds as many images as it has rows times views.
        /// </summary>
        public ClipImageViews Views { get; init; }

        internal override void Check()
        {
            base.Check();
            if (!Enum.IsDefined(Views)) throw new ArgumentOutOfRangeException(nameof(Views), Views, "There are no such views.");
        }
    }
}
