using Microsoft.ML.Clip.Persistence;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip;

/// <summary>The settings that the featurizers of images and of texts have.</summary>
public abstract record ClipFeaturizerOptions : ClipEstimatorOptions
{
    private protected ClipFeaturizerOptions()
    {
    }

    /// <summary>The column to add. Default <c>Features</c>, which trainers look for.</summary>
    public string OutputColumnName { get; init; } = "Features";

    /// <summary>The column to embed; <see langword="null"/> (default) is <see cref="OutputColumnName"/>.</summary>
    public string? InputColumnName { get; init; }

    /// <summary>
    /// Whether to scale embeddings to length 1 (default), as CLIP compares them; if not, features are given as the model projects them.
    /// </summary>
    public bool Normalize { get; init; } = true;

    internal override string Input => InputColumnName ?? OutputColumnName;

    internal override IEnumerable<SchemaShape.Column> Outputs => [MlNet.VectorShape(OutputColumnName, NumberDataViewType.Single)];

    internal override void Check()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(OutputColumnName);
        base.Check();
    }
}
