using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.DataViews;
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

    private readonly ImageFeaturizerState _state;
    private readonly TowerHold<ImageTower> _hold;

    internal ClipImageFeaturizingTransformer(IHostEnvironment environment, ImageFeaturizerState state, TowerHold<ImageTower> hold)
        : base(environment, nameof(ClipImageFeaturizingTransformer), hold.Tower.Fallback)
    {
        _state = state;
        _hold = hold;
        if (hold.IsOwned) hold.Tower.Owner = nameof(ClipImageFeaturizingTransformer);
    }

    /// <summary>Length of an embedding.</summary>
    public int Dimension => _hold.Tower.Dimension;

    private protected override string Towers => "onnx/vision_model.onnx";

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _hold.Dispose();

    private protected override IBatchedColumns Bind(DataViewSchema inputSchema) =>
        new ImageFeatureColumns(_hold.Tower, _state, InputColumns.Image(inputSchema, _state.InputColumnName));

    private protected override void Save(ModelSaveContext context)
    {
        var file = _hold.Tower.File;
        var tower = SavedTower.Describe(file, _state.TowerStorage);
        SavedState.Save(context, Version, _state with { Tower = tower, Preprocessing = _hold.Tower.Preprocessing });
        tower.Save(context, TowerEntry, file);
    }

    private static ClipImageFeaturizingTransformer Create(IHostEnvironment environment, ModelLoadContext context) =>
        SavedState.Loading(environment, LoaderSignature, () => Load(environment, context));

    private static ClipImageFeaturizingTransformer Load(IHostEnvironment environment, ModelLoadContext context)
    {
        var state = SavedState.Load<ImageFeaturizerState>(context, Version);
        var session = OnnxSession.Open(state.Tower.Load(environment, context, TowerEntry), MlNet.Settle(environment, state.Session));
        var tower = ImageTower.Create(session, state.Preprocessing ?? throw SavedState.NoEntry("Preprocessing"));
        return new ClipImageFeaturizingTransformer(environment, state, new(tower, IsOwned: true));
    }
}
