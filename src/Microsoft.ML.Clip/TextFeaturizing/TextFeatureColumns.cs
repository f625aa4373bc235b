using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.Persistence;

namespace Microsoft.ML.Clip.TextFeaturizing;

/// <summary>The saved settings of the text featurizer.</summary>
internal sealed record TextFeaturizerState
{
    public string OutputColumnName { get; init; } = "";

    public string InputColumnName { get; init; } = "";

    public bool Normalize { get; init; }

    public int BatchSize { get; init; }

    public ClipEmptyTextHandling OnEmptyText { get; init; }

    public TextTowerSettings Text { get; init; } = new();

    public ClipTowerStorage TowerStorage { get; init; }

    public ClipSessionOptions Session { get; init; } = new();

    public SavedTower Tower { get; init; } = new();
}

/// <summary>The embedding column over one input schema.</summary>
internal sealed class TextFeatureColumns(TextTower tower, TextFeaturizerState state, DataViewSchema.Column input) : IBatchedColumns
{
    public IReadOnlyList<DataViewSchema.DetachedColumn> Outputs { get; } =
        [VectorColumns.Embedding(state.OutputColumnName, tower.Dimension)];

    public DataViewSchema.Column Input => input;

    public int BatchSize => state.BatchSize;

    public IRowBatch CreateBatch(DataViewRow row, int capacity, BatchLog log) =>
        new TextBatch(tower, row, input, capacity, state.Normalize, state.OnEmptyText, log);
}
