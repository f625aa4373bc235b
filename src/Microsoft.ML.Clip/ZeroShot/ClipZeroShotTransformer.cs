using System.Runtime.InteropServices;
using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.Persistence;
using Microsoft.ML.Clip.ZeroShot;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(ClipZeroShotTransformer), null, typeof(SignatureLoadModel), "", ClipZeroShotTransformer.LoaderSignature)]

namespace Microsoft.ML.Clip;

/// <summary>
/// Classifies images by label embeddings; see <see cref="ClipZeroShotEstimator"/>. It holds an image tower and no text tower.
/// </summary>
public sealed class ClipZeroShotTransformer : ClipTransformerBase
{
    internal const string LoaderSignature = "ClipZeroShot";

    private const string TowerEntry = "image";
    private const string LabelsEntry = "labels.f32";

    private static readonly VersionInfo Version = MlNet.Version("CLIPZERO", LoaderSignature);

    private readonly IHostEnvironment _environment;
    private readonly ZeroShotState _state;
    private readonly TowerHold<ImageTower> _hold;

    internal ClipZeroShotTransformer(
        IHostEnvironment environment, ZeroShotState state, ClipLabelEmbeddings labels, TowerHold<ImageTower> hold)
        : base(environment, nameof(ClipZeroShotTransformer), hold.Tower.Fallback)
    {
        if (labels.Dimension != hold.Tower.Dimension)
        {
            hold.Dispose();
            throw new ArgumentException(
                $"Labels of {labels.Dimension} dimensions and images of {hold.Tower.Dimension} are not of one model.",
                nameof(labels));
        }

        (_environment, _state, _hold, LabelEmbeddings) = (environment, state, hold, labels);
        if (hold.IsOwned) hold.Tower.Owner = nameof(ClipZeroShotTransformer);
    }

    /// <summary>The labels and their embeddings.</summary>
    public ClipLabelEmbeddings LabelEmbeddings { get; }

    /// <summary>The labels, in the order of the score's slots and of the predicted label's keys (key = index + 1).</summary>
    public IReadOnlyList<string> Labels => LabelEmbeddings.Labels;

    /// <summary>The factor on cosine similarities before the softmax or sigmoid.</summary>
    public float LogitScale => _state.LogitScale;

    /// <summary>What is added before the sigmoid; <see langword="null"/> where scores are a softmax.</summary>
    public float? LogitBias => _state.LogitBias;

    /// <summary>
    /// The same classifier with other labels, without a refit: the image tower is shared, and each of the two is disposed by itself.
    /// </summary>
    /// <param name="labels">The new labels, embedded by the same model.</param>
    /// <exception cref="ArgumentException">Their embeddings have another length than the images'.</exception>
    public ClipZeroShotTransformer WithLabels(ClipLabelEmbeddings labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        var hold = _hold.IsOwned ? new TowerHold<ImageTower>(_hold.Tower.Share(), IsOwned: true) : _hold;
        return new ClipZeroShotTransformer(_environment, _state, labels, hold);
    }

    private protected override string Towers => "onnx/vision_model.onnx and onnx/text_model.onnx (or the label embeddings)";

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _hold.Dispose();

    private protected override IBatchedColumns Bind(DataViewSchema inputSchema) =>
        new ZeroShotColumns(_hold.Tower, _state, LabelEmbeddings, InputColumns.Image(inputSchema, _state.InputColumnName));

    private protected override IEnumerable<string> Problems(DataViewSchema inputSchema) => LabelKeys.Problems(inputSchema, Labels);

    private protected override void Save(ModelSaveContext context)
    {
        var file = _hold.Tower.File;
        var tower = SavedTower.Describe(file, _state.TowerStorage);
        SavedState.Save(context, Version, _state with { Tower = tower, Preprocessing = _hold.Tower.Preprocessing, Labels = Labels });
        tower.Save(context, TowerEntry, file);
        context.SaveBinaryStream(LabelsEntry, writer => writer.Write(MemoryMarshal.AsBytes(LabelEmbeddings.Rows.Span)));
    }

    private static ClipZeroShotTransformer Create(IHostEnvironment environment, ModelLoadContext context) =>
        SavedState.Loading(environment, LoaderSignature, () => Load(environment, context));

    private static ClipZeroShotTransformer Load(IHostEnvironment environment, ModelLoadContext context)
    {
        var state = SavedState.Load<ZeroShotState>(context, Version);
        float[] rows = [];
        var found = context.TryLoadBinaryStream(LabelsEntry, reader =>
        {
            rows = new float[reader.BaseStream.Length / sizeof(float)];
            reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(rows.AsSpan()));
        });
        if (!found) throw SavedState.NoEntry(LabelsEntry);
        var session = OnnxSession.Open(state.Tower.Load(environment, context, TowerEntry), MlNet.Settle(environment, state.Session));
        var tower = ImageTower.Create(session, state.Preprocessing ?? throw SavedState.NoEntry("Preprocessing"));
        return new ClipZeroShotTransformer(environment, state, new(state.Labels, rows), new(tower, IsOwned: true));
    }
}
