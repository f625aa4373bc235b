using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Averaging;
using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Clip.Persistence;
using Microsoft.ML.Clip.ZeroShot;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(ClipScoreAveragingTransformer), null, typeof(SignatureLoadModel), "", ClipScoreAveragingTransformer.LoaderSignature)]

namespace Microsoft.ML.Clip;

/// <summary>Averages the scores of several classifiers; see <see cref="ClipScoreAveragingEstimator"/>.</summary>
public sealed class ClipScoreAveragingTransformer : ClipTransformerBase
{
    internal const string LoaderSignature = "ClipScoreAverage";

    private const int BatchSize = 64;

    private static readonly VersionInfo Version = MlNet.Version("CLIPSAVG", LoaderSignature);

    private readonly ClipScoreAveragingEstimator.Options _options;
    private readonly ScoreAverage _average;

    internal ClipScoreAveragingTransformer(IHostEnvironment environment, ClipScoreAveragingEstimator.Options options, ScoreAverage average)
        : base(environment, nameof(ClipScoreAveragingTransformer), fallback: null) => (_options, _average) = (options, average);

    /// <summary>The labels, in the order of the score's slots and of the predicted label's keys (key = index + 1).</summary>
    public IReadOnlyList<string> Labels => _average.Labels;

    private protected override string Towers => "the features' onnx/vision_model.onnx or onnx/text_model.onnx";

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }

    private protected override BatchedColumns Bind(DataViewSchema inputSchema)
    {
        var input = InputColumns.Features(inputSchema, _options.InputColumnName);
        var size = ((VectorDataViewType)input.Type).Size;
        if (size != _average.InputSize)
        {
            throw new ArgumentException(
                $"Column '{input.Name}' has {size} numbers, and the scores of {_options.Weights.Count} classifiers for {Labels.Count} "
                + $"labels are {_average.InputSize}: concatenate the scores of all of them, and give a weight for each.",
                nameof(inputSchema));
        }

        return new(
            LabelScores.Columns(_options.ScoreColumnName, _options.PredictedLabelColumnName, Labels), input, BatchSize,
            (row, capacity, _) => new AveragedScores(_average, row, input, capacity));
    }

    private protected override IEnumerable<string> Problems(DataViewSchema inputSchema) =>
        LabelKeys.Problems(inputSchema, Labels);

    private protected override void Save(ModelSaveContext context) =>
        SavedState.Save(context, Version, _options, new Fitted { Labels = Labels });

    private static ClipScoreAveragingTransformer Create(IHostEnvironment environment, ModelLoadContext context) =>
        SavedState.Loading(environment, LoaderSignature, () =>
        {
            var (options, fitted) = SavedState.Load<ClipScoreAveragingEstimator.Options, Fitted>(context, Version);
            options.Check();
            return new ClipScoreAveragingTransformer(environment, options, new ScoreAverage(fitted.Labels, options.Weights));
        });

    /// <summary>What is saved beside the settings.</summary>
    private sealed record Fitted
    {
        public IReadOnlyList<string> Labels { get; init; } = [];
    }
}
