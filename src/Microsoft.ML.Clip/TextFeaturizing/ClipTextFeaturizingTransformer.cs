using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.Persistence;
using Microsoft.ML.Clip.TextFeaturizing;
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

    private readonly TextFeaturizerState _state;
    private readonly TowerHold<TextTower> _hold;

    internal ClipTextFeaturizingTransformer(IHostEnvironment environment, TextFeaturizerState state, TowerHold<TextTower> hold)
        : base(environment, nameof(ClipTextFeaturizingTransformer), hold.Tower.Fallback)
    {
        _state = state;
        _hold = hold;
        if (hold.IsOwned) hold.Tower.Owner = nameof(ClipTextFeaturizingTransformer);
    }

    /// <summary>Length of an embedding.</summary>
    public int Dimension => _hold.Tower.Dimension;

    private protected override string Towers => "onnx/text_model.onnx";

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _hold.Dispose();

    private protected override IBatchedColumns Bind(DataViewSchema inputSchema) =>
        new TextFeatureColumns(_hold.Tower, _state, InputColumns.Text(inputSchema, _state.InputColumnName));

    private protected override void Save(ModelSaveContext context)
    {
        var text = _hold.Tower;
        var tower = SavedTower.Describe(text.File, _state.TowerStorage);
        SavedState.Save(context, Version, _state with { Tower = tower, Text = text.Settings });
        tower.Save(context, TowerEntry, text.File);
        SavedTokenizer.Save(context, text.Tokenizer);
    }

    private static ClipTextFeaturizingTransformer Create(IHostEnvironment environment, ModelLoadContext context) =>
        SavedState.Loading(environment, LoaderSignature, () => Load(environment, context));

    private static ClipTextFeaturizingTransformer Load(IHostEnvironment environment, ModelLoadContext context)
    {
        var state = SavedState.Load<TextFeaturizerState>(context, Version);
        var tokenizer = SavedTokenizer.Load(context);
        var session = OnnxSession.Open(state.Tower.Load(environment, context, TowerEntry), MlNet.Settle(environment, state.Session));
        var tower = TextTower.Create(session, tokenizer, state.Text);
        return new ClipTextFeaturizingTransformer(environment, state, new(tower, IsOwned: true));
    }
}
