using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Clip.ImageFeaturizing;
using Microsoft.ML.Clip.Models;
using Microsoft.ML.Clip.Persistence;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>
/// Adds CLIP's image embeddings as a feature vector. Made by
/// <see cref="ClipCatalog.ClipFeaturizeImage(TransformsCatalog, string, string, string?)"/>.
/// </summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>Characteristic</term><description>Value</description></listheader>
/// <item><term>Looks at the data to train its parameters</term><description>No</description></item>
/// <item><term>Input column type</term><description><see cref="MLImage"/>, text (a file's path), or a vector of <see cref="byte"/> (a
/// file's content)</description></item>
/// <item><term>Output column type</term><description>Known-size vector of <see cref="float"/>, with slot names</description></item>
/// <item><term>Exportable to ONNX</term><description>No: it is one already, see the model folder</description></item>
/// </list>
/// Embeddings are computed anew on each pass over the data: put <c>AppendCacheCheckpoint</c> between this step and a trainer.
/// </remarks>
public sealed class ClipImageFeaturizingEstimator : IEstimator<ClipImageFeaturizingTransformer>
{
    private readonly IHostEnvironment _environment;
    private readonly ModelSource _source;
    private readonly Options _options;

    internal ClipImageFeaturizingEstimator(IHostEnvironment environment, Options options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrWhiteSpace(options.OutputColumnName);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchSize, 1, nameof(Options.BatchSize));
        _environment = environment;
        _source = new ModelSource(environment, options.ModelFolder, options.Model, options.ModelOptions);
        _options = options;
    }

    /// <summary>Opens the image tower.</summary>
    /// <param name="input">The data, of which only the schema is looked at.</param>
    /// <exception cref="ArgumentException">The input column is absent or of another type.</exception>
    /// <exception cref="FileNotFoundException">The model folder has no image tower.</exception>
    public ClipImageFeaturizingTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        InputColumns.Image(input.Schema, _options.InputColumnName ?? _options.OutputColumnName);
        using var opened = _source.Open();
        return new ClipImageFeaturizingTransformer(_environment, State(), opened.HoldImageTower());
    }

    /// <summary>The schema that the fitted transformer will give.</summary>
    /// <param name="inputSchema">The input's.</param>
    /// <exception cref="ArgumentException">The input column is absent or of another type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        InputColumns.CheckImage(inputSchema, _options.InputColumnName ?? _options.OutputColumnName);
        var columns = inputSchema.ToDictionary(c => c.Name);
        columns[_options.OutputColumnName] = MlNet.VectorShape(_options.OutputColumnName, NumberDataViewType.Single);
        return new SchemaShape(columns.Values);
    }

    private ImageFeaturizerState State() => new()
    {
        OutputColumnName = _options.OutputColumnName,
        InputColumnName = _options.InputColumnName ?? _options.OutputColumnName,
        Normalize = _options.Normalize,
        BatchSize = _options.BatchSize,
        ImageFolder = _options.ImageFolder,
        OnError = _options.OnError,
        TowerStorage = _options.TowerStorage,
        Session = _source.SessionOptions,
    };

    /// <summary>Settings of the image featurizer.</summary>
    public sealed record Options
    {
        /// <summary>The column to add. Default <c>Features</c>, which trainers look for.</summary>
        public string OutputColumnName { get; init; } = "Features";

        /// <summary>The column of images; <see langword="null"/> (default) is <see cref="OutputColumnName"/>.</summary>
        public string? InputColumnName { get; init; }

        /// <summary>The model folder, opened at fit and closed with the transformer. Give this or <see cref="Model"/>.</summary>
        public string? ModelFolder { get; init; }

        /// <summary>An opened model, whose session is shared and which stays the caller's to dispose.</summary>
        public ClipModel? Model { get; init; }

        /// <summary>How to read <see cref="ModelFolder"/>.</summary>
        public ClipModelOptions? ModelOptions { get; init; }

        /// <summary>
        /// Whether to scale embeddings to length 1 (default), as CLIP compares them; if not, features are given as the model projects them.
        /// </summary>
        public bool Normalize { get; init; } = true;

        /// <summary>Images a session run gets at once; memory is bounded by twice as many. Default 32.</summary>
        public int BatchSize { get; init; } = 32;

        /// <summary>The folder that paths are relative to; <see langword="null"/> (default) is the current directory.</summary>
        public string? ImageFolder { get; init; }

        /// <summary>What an image that cannot be read does. Default: throw, naming it.</summary>
        public ClipErrorHandling OnError { get; init; }

        /// <summary>Whether a saved pipeline holds the tower (default) or refers to the model folder.</summary>
        public ClipTowerStorage TowerStorage { get; init; }
    }
}
