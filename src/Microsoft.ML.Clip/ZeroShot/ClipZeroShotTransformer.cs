using System.Runtime.InteropServices;
using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Clip.Estimating;
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
    private readonly ClipZeroShotEstimator.Options _options;
    private readonly ClipSessionOptions _session;
    private readonly ClipScoring _scoring;
    private readonly TowerHold<ImageTower> _hold;

    internal ClipZeroShotTransformer(
        IHostEnvironment environment, ClipZeroShotEstimator.Options options, ClipSessionOptions session, ClipScoring scoring,
        ClipLabelEmbeddings labels, TowerHold<ImageTower> hold)
        : base(environment, nameof(ClipZeroShotTransformer), hold.Tower.Fallback)
    {
        if (labels.Dimension != hold.Tower.Dimension)
        {
            hold.Dispose();
            throw new ArgumentException(
                $"Labels of {labels.Dimension} dimensions and images of {hold.Tower.Dimension} are not of one model.",
                nameof(labels));
        }

        (_environment, _options, _session, _scoring) = (environment, options, session, scoring);
        (_hold, LabelEmbeddings) = (hold, labels);
        if (hold.IsOwned) hold.Tower.Owner = nameof(ClipZeroShotTransformer);
    }

    /// <summary>The labels and their embeddings.</summary>
    public ClipLabelEmbeddings LabelEmbeddings { get; }

    /// <summary>The labels, in the order of the score's slots and of the predicted label's keys (key = index + 1).</summary>
    public IReadOnlyList<string> Labels => LabelEmbeddings.Labels;

    /// <summary>The factor on cosine similarities before the softmax or sigmoid.</summary>
    public float LogitScale => _scoring.Scale;

    /// <summary>What is added before the sigmoid; <see langword="null"/> where scores are a softmax.</summary>
    public float? LogitBias => _scoring.Bias;

    /// <summary>
    /// The same classifier with other labels, without a refit: the image tower is shared, and each of the two is disposed by itself.
    /// </summary>
    /// <param name="labels">The new labels, embedded by the same model.</param>
    /// <exception cref="ArgumentException">Their embeddings have another length than the images'.</exception>
    public ClipZeroShotTransformer WithLabels(ClipLabelEmbeddings labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        var hold = _hold.IsOwned ? new TowerHold<ImageTower>(_hold.Tower.Share(), IsOwned: true) : _hold;
        return new ClipZeroShotTransformer(_environment, _options, _session, _scoring, labels, hold);
    }

    private protected override string Towers => "onnx/vision_model.onnx and onnx/text_model.onnx (or the label embeddings)";

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _hold.Dispose();

    private protected override BatchedColumns Bind(DataViewSchema inputSchema)
    {
        var input = InputColumns.Image(inputSchema, _options.Input);
        List<DataViewSchema.DetachedColumn> outputs =
            [.. LabelScores.Columns(_options.ScoreColumnName, _options.PredictedLabelColumnName, Labels)];
        if (_options.SimilarityColumnName is { } name) outputs.Add(VectorColumns.Vector(name, Labels));
        return new(outputs, input, _options.BatchSize, (row, capacity, log) =>
        {
            var images = ImageColumn.Create(row, input, capacity, _options.ImageFolder);
            var batch = new ImageBatch(_hold.Tower, images, capacity, _options.OnError, log);
            return new ZeroShotScores(batch, LabelEmbeddings, _scoring, _options.Threshold);
        });
    }

    private protected override IEnumerable<string> Problems(DataViewSchema inputSchema) => LabelKeys.Problems(inputSchema, Labels);

    private protected override void Save(ModelSaveContext context)
    {
        var file = _hold.Tower.File;
        var tower = SavedTower.Describe(file, _options.TowerStorage);
        SavedState.Save(context, Version, _options with { Labels = Labels }, new FittedZeroShot
        {
            Session = _session,
            Tower = tower,
            Preprocessing = _hold.Tower.Preprocessing,
            LogitScale = LogitScale,
            LogitBias = LogitBias,
        });
        tower.Save(context, TowerEntry, file);
        context.SaveBinaryStream(LabelsEntry, writer => writer.Write(MemoryMarshal.AsBytes(LabelEmbeddings.Rows.Span)));
    }

    private static ClipZeroShotTransformer Create(IHostEnvironment environment, ModelLoadContext context) =>
        SavedState.Loading(environment, LoaderSignature, () => Load(environment, context));

    private static ClipZeroShotTransformer Load(IHostEnvironment environment, ModelLoadContext context)
    {
        var (options, fitted) = SavedState.Load<ClipZeroShotEstimator.Options, FittedZeroShot>(context, Version);
        float[] rows = [];
        var found = context.TryLoadBinaryStream(LabelsEntry, reader =>
        {
            rows = new float[reader.BaseStream.Length / sizeof(float)];
            reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(rows.AsSpan()));
        });
        if (!found) throw SavedState.NoEntry(LabelsEntry);
        var hold = fitted.Load(environment, context, TowerEntry);
        var scoring = new ClipScoring(fitted.LogitScale, fitted.LogitBias);
        return new ClipZeroShotTransformer(environment, options, fitted.Session, scoring, new(options.Labels, rows), hold);
    }
}
