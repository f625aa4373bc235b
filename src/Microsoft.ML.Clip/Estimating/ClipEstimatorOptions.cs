using System.Text.Json.Serialization;

namespace Microsoft.ML.Clip;

/// <summary>The settings that all of CLIP's estimators have.</summary>
public abstract record ClipEstimatorOptions
{
    private protected ClipEstimatorOptions()
    {
    }

    /// <summary>The model folder, opened at fit and closed with the transformer. Give this or <see cref="Model"/>.</summary>
    [JsonIgnore]
    public string? ModelFolder { get; init; }

    /// <summary>An opened model, whose sessions are shared and which stays the caller's to dispose.</summary>
    [JsonIgnore]
    public ClipModel? Model { get; init; }

    /// <summary>How to read <see cref="ModelFolder"/>; an opened <see cref="Model"/> has options of its own.</summary>
    [JsonIgnore]
    public ClipModelOptions? ModelOptions { get; init; }

    /// <summary>Rows that a session run gets at once; of images, memory is bounded by twice as many. Default 32.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Whether a saved pipeline holds the tower (default) or refers to the model folder; all else is always inside.</summary>
    public ClipTowerStorage TowerStorage { get; init; }

    /// <summary>The column to compute from.</summary>
    internal abstract string Input { get; }

    /// <summary>The columns to add, as an estimator's schema tells them.</summary>
    internal abstract IEnumerable<SchemaShape.Column> Outputs { get; }

    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    internal virtual void Check()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Input, "InputColumnName");
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 1, nameof(BatchSize));
    }
}
