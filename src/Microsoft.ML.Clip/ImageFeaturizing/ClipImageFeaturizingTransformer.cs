using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Clip.Estimating;
using Microsoft.ML.Clip.ImageFeaturizing;
using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.Persistence;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(ClipImageFeaturizingTransformer), null, typeof(SignatureLoadModel), "", ClipImageFeaturizingTransformer.LoaderSignature)]

namespace Microsoft.ML.Clip;

/// <summary>Adds CLIP's image embeddings to data; see <see cref="ClipImageFeaturizingEstimator"/>.</summary>
public sealed class ClipImageFeaturizingTransformer : ClipTransformerBase
{
    internal const string LoaderSignature = "ClipImageFeaturizer";

    private const string TowerEntry = "image";

    private static readonly VersionInfo Version = MlNet.Version("CLIPIMGF", LoaderSignature);

    private readonly ClipImageFeaturizingEstimator.Options _options;
    private readonly ClipSessionOptions _session;
    private readonly TowerHold<ImageTower> _hold;

    internal ClipImageFeaturizingTransformer(
        IHostEnvironment environment, ClipImageFeaturizingEstimator.Options options, ClipSessionOptions session,
        TowerHold<ImageTower> hold)
        : base(environment, nameof(ClipImageFeaturizingTransformer), hold.Tower.Fallback)
    {
        (_options, _session, _hold) = (options, session, hold);
        if (hold.IsOwned) hold.Tower.Owner = nameof(ClipImageFeaturizingTransformer);
    }

    /// <summary>Length of an embedding.</summary>
    public int Dimension => _hold.Tower.Dimension;

    private protected override string Towers => "onnx/vision_model.onnx";

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _hold.Dispose();

    private protected override BatchedColumns Bind(DataViewSchema inputSchema)
    {
        var input = InputColumns.Image(inputSchema, _options.Input);
        return new(
            [VectorColumns.Embedding(_options.OutputColumnName, Dimension)], input, _options.BatchSize,
            (row, capacity, log) =>
            {
                var images = ImageColumn.Create(row, input, capacity, _options.ImageFolder);
                var batch = new ImageBatch(_hold.Tower, images, capacity, _options.OnError, log, _options.Views);
                return new ImageFeatures(batch, Dimension, _options.Normalize);
            });
    }

    private protected override void Save(ModelSaveContext context)
    {
        var file = _hold.Tower.File;
        var tower = SavedTower.Describe(file, _options.TowerStorage);
        SavedState.Save(context, Version, _options, new FittedImageTower
        {
            Session = _session,
            Tower = tower,
            Preprocessing = _hold.Tower.Preprocessing,
        });
        tower.Save(context, TowerEntry, file);
    }

    private static ClipImageFeaturizingTransformer Create(IHostEnvironment environment, ModelLoadContext context) =>
        SavedState.Loading(environment, LoaderSignature, () =>
        {
            var (options, fitted) = SavedState.Load<ClipImageFeaturizingEstimator.Options, FittedImageTower>(context, Version);
            return new ClipImageFeaturizingTransformer(environment, options, fitted.Session, fitted.Load(environment, context, TowerEntry));
        });
}
