using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Clip.FindingSimilar;
using Microsoft.ML.Clip.Persistence;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(ClipFindSimilarTransformer), null, typeof(SignatureLoadModel), "", ClipFindSimilarTransformer.LoaderSignature)]

namespace Microsoft.ML.Clip;

/// <summary>Adds the closest pictures of an index to data; see <see cref="ClipFindSimilarEstimator"/>.</summary>
public sealed class ClipFindSimilarTransformer : ClipTransformerBase
{
    internal const string LoaderSignature = "ClipFindSimilar";

    private static readonly VersionInfo Version =
        MlNet.Version("CLIPNEAR", LoaderSignature, typeof(ClipFindSimilarTransformer).Assembly);

    private readonly ClipFindSimilarEstimator.Options _options;
    private readonly NeighborLabels? _labels;
    private readonly bool _isOwned;
    private readonly IDisposable? _folder;

    internal ClipFindSimilarTransformer(
        IHostEnvironment environment, ClipFindSimilarEstimator.Options options, ClipImageIndex index, bool isOwned,
        IDisposable? folder = null)
        : base(environment, nameof(ClipFindSimilarTransformer), fallback: null)
    {
        (_options, Index, _isOwned, _folder) = (options, index, isOwned, folder);
        if (options.PredictedLabelColumnName is not null) _labels = new NeighborLabels(index, options.Label);
    }

    /// <summary>The index that is searched.</summary>
    public ClipImageIndex Index { get; }

    private protected override string Towers => "the index's file";

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_isOwned) Index.Dispose();
        _folder?.Dispose();
    }

    private protected override BatchedColumns Bind(DataViewSchema inputSchema)
    {
        var input = FeatureColumn.Of(inputSchema, _options.InputColumnName, Index.Dimension);
        List<DataViewSchema.DetachedColumn> outputs =
        [
            new(_options.OutputColumnName, new VectorDataViewType(TextDataViewType.Instance, _options.Top)),
            new(_options.ScoreColumnName, new VectorDataViewType(NumberDataViewType.Single, _options.Top)),
        ];
        if (_options.PredictedLabelColumnName is { } label) outputs.Add(VectorColumns.Key(label, _labels!.Values));
        return new(
            outputs, input, _options.BatchSize,
            (row, capacity, _) => new Neighbors(Index, _options, _labels, row, input, capacity));
    }

    private protected override void Save(ModelSaveContext context)
    {
        var saved = SavedIndex.Describe(Index, _options.IndexStorage);
        SavedState.Save(context, Version, _options, saved);
        saved.Save(context, Index);
    }

    private static ClipFindSimilarTransformer Create(IHostEnvironment environment, ModelLoadContext context) =>
        SavedState.Loading(environment, LoaderSignature, () =>
        {
            var (options, saved) = SavedState.Load<ClipFindSimilarEstimator.Options, SavedIndex>(context, Version);
            var (index, folder) = saved.Load(environment, context);
            return new ClipFindSimilarTransformer(environment, options, index, isOwned: true, folder);
        });
}
