using System.Numerics.Tensors;
using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.Persistence;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.ZeroShot;

/// <summary>The saved settings of the zero-shot classifier.</summary>
internal sealed record ZeroShotState
{
    public string ScoreColumnName { get; init; } = "";

    public string PredictedLabelColumnName { get; init; } = "";

    public string InputColumnName { get; init; } = "";

    public IReadOnlyList<string> Labels { get; init; } = [];

    public float LogitScale { get; init; }

    public float? LogitBias { get; init; }

    public float Threshold { get; init; }

    public int BatchSize { get; init; }

    public string? ImageFolder { get; init; }

    public ClipErrorHandling OnError { get; init; }

    public ClipTowerStorage TowerStorage { get; init; }

    public ClipSessionOptions Session { get; init; } = new();

    public SavedTower Tower { get; init; } = new();

    public ClipImagePreprocessing? Preprocessing { get; init; }
}

/// <summary>The score and predicted-label columns over one input schema.</summary>
internal sealed class ZeroShotColumns(ImageTower tower, ZeroShotState state, ClipLabelEmbeddings labels, DataViewSchema.Column input)
    : IBatchedColumns
{
    private const int ScoreOutput = 0;

    public IReadOnlyList<DataViewSchema.DetachedColumn> Outputs { get; } =
    [
        VectorColumns.Vector(state.ScoreColumnName, labels.Labels),
        VectorColumns.Key(state.PredictedLabelColumnName, labels.Labels),
    ];

    public DataViewSchema.Column Input => input;

    public int BatchSize => state.BatchSize;

    public IRowBatch CreateBatch(DataViewRow row, int capacity, BatchLog log)
    {
        var images = ImageColumn.Create(row, input, capacity, state.ImageFolder);
        return new Rows(new ImageBatch(tower, images, capacity, state.OnError, log), state, labels);
    }

    private sealed class Rows(ImageBatch images, ZeroShotState state, ClipLabelEmbeddings labels) : IRowBatch
    {
        private readonly int _count = labels.Labels.Count;
        private float[] _scores = [];

        public void Read(int slot) => images.Read(slot);

        public void Prepare(int count, CancellationToken cancellationToken) => images.Prepare(count, cancellationToken);

        public void Run(int count)
        {
            images.Run(count);
            if (_scores.Length < count * _count) _scores = new float[count * _count];
            for (var slot = 0; slot < count; slot++) Score(slot, Scores(slot).Span);
        }

        public void Dispose() => images.Dispose();

        public Delegate CreateGetter(int output, Func<int> slot) => output == ScoreOutput
            ? VectorColumns.VectorGetter(_count, () => Scores(slot()))
            : (ValueGetter<uint>)((ref uint key) => key = Predict(slot()));

        private Memory<float> Scores(int slot) => _scores.AsMemory(slot * _count, _count);

        private void Score(int slot, Span<float> scores)
        {
            if (images.IsMissing(slot))
            {
                scores.Fill(float.NaN);
                return;
            }

            var image = images.Embedding(slot).Span;
            EmbeddingMath.Normalize(image);
            for (var label = 0; label < scores.Length; label++) scores[label] = TensorPrimitives.Dot(image, labels[label]);
            new ClipScoring(state.LogitScale, state.LogitBias).Apply(scores);
        }

        private uint Predict(int slot)
        {
            if (images.IsMissing(slot)) return 0;
            var scores = Scores(slot).Span;
            var best = TensorPrimitives.IndexOfMax(scores);
            return scores[best] >= state.Threshold ? (uint)best + 1 : 0;
        }
    }
}
