using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.Persistence;

namespace Microsoft.ML.Clip.ImageFeaturizing;

/// <summary>The saved settings of the image featurizer.</summary>
internal sealed record ImageFeaturizerState
{
    public string OutputColumnName { get; init; } = "";

    public string InputColumnName { get; init; } = "";

    public bool Normalize { get; init; }

    public int BatchSize { get; init; }

    public string? ImageFolder { get; init; }

    public ClipErrorHandling OnError { get; init; }

    public ClipTowerStorage TowerStorage { get; init; }

    public ClipSessionOptions Session { get; init; } = new();

    public SavedTower Tower { get; init; } = new();

    public ClipImagePreprocessing? Preprocessing { get; init; }
}

/// <summary>The embedding column over one input schema.</summary>
internal sealed class ImageFeatureColumns(ImageTower tower, ImageFeaturizerState state, DataViewSchema.Column input) : IBatchedColumns
{
    public IReadOnlyList<DataViewSchema.DetachedColumn> Outputs { get; } =
        [VectorColumns.Embedding(state.OutputColumnName, tower.Dimension)];

    public DataViewSchema.Column Input => input;

    public int BatchSize => state.BatchSize;

    public IRowBatch CreateBatch(DataViewRow row, int capacity, BatchLog log)
    {
        var images = ImageColumn.Create(row, input, capacity, state.ImageFolder);
        return new Rows(new ImageBatch(tower, images, capacity, state.OnError, log), tower.Dimension, state.Normalize);
    }

    private sealed class Rows(ImageBatch images, int dimension, bool normalize) : IRowBatch
    {
        public void Read(int slot) => images.Read(slot);

        public void Prepare(int count, CancellationToken cancellationToken) => images.Prepare(count, cancellationToken);

        public void Run(int count)
        {
            images.Run(count);
            for (var slot = 0; normalize && slot < count; slot++) EmbeddingMath.Normalize(images.Embedding(slot).Span);
        }

        public void Dispose() => images.Dispose();

        public Delegate CreateGetter(int output, Func<int> slot) => VectorColumns.VectorGetter(dimension, () => images.Embedding(slot()));
    }
}
