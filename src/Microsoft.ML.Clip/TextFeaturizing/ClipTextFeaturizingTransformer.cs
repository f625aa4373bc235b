using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Clip.Estimating;
using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.Persistence;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(ClipTextFeaturizingTransformer), null, typeof(SignatureLoadModel), "", ClipTextFeaturizingTransformer.LoaderSignature)]

namespace Microsoft.ML.Clip;

/// <summary>Adds CLIP's text embeddings to data; see <see cref="ClipTextFeaturizingEstimator"/>.</summary>
public sealed class ClipTextFeaturizingTransformer : ClipTransformerBase
{
    internal const string LoaderSignature = "ClipTextFeaturizer";

    private const string TowerEntry = "text";

    private static readonly VersionInfo Version = MlNet.Version("CLIPTXTF", LoaderSignature);

    private readonly ClipTextFeaturizingEstimator.Options _options;
    private readonly ClipSessionOptions _session;
    private readonly TowerHold<TextTower> _hold;

    internal ClipTextFeaturizingTransformer(
        IHostEnvironment environment, ClipTextFeaturizingEstimator.Options options, ClipSessionOptions session,
        TowerHold<TextTower> hold)
        : base(environment, nameof(ClipTextFeaturizingTransformer), hold.Tower.Fallback)
    {
        (_options, _session, _hold) = (options, session, hold);
        if (hold.IsOwned) hold.Tower.Owner = nameof(ClipTextFeaturizingTransformer);
    }

    /// <summary>Length of an embedding.</summary>
    public int Dimension => _hold.Tower.Dimension;

    private protected override string Towers => "onnx/text_model.onnx";

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _hold.Dispose();

    private protected override BatchedColumns Bind(DataViewSchema inputSchema)
    {
        var input = InputColumns.Text(inputSchema, _options.Input);
        return new(
            [VectorColumns.Embedding(_options.OutputColumnName, Dimension)], input, _options.BatchSize,
            (row, capacity, log) => new TextBatch(_hold.Tower, row, input, capacity, _options.Normalize, _options.OnEmptyText, log));
    }

    private protected override void Save(ModelSaveContext context)
    {
        var file = _hold.Tower.File;
        var tower = SavedTower.Describe(file, _options.TowerStorage);
        SavedState.Save(context, Version, _options, new FittedTextTower
        {
            Session = _session,
            Tower = tower,
            Text = _hold.Tower.Settings,
        });
        tower.Save(context, TowerEntry, file);
        SavedTokenizer.Save(context, _hold.Tower.Tokenizer);
    }

    private static ClipTextFeaturizingTransformer Create(IHostEnvironment environment, ModelLoadContext context) =>
        SavedState.Loading(environment, LoaderSignature, () =>
        {
            var (options, fitted) = SavedState.Load<ClipTextFeaturizingEstimator.Options, FittedTextTower>(context, Version);
            return new ClipTextFeaturizingTransformer(environment, options, fitted.Session, fitted.Load(environment, context, TowerEntry));
        });
}
