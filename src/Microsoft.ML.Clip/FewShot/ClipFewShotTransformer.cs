using System.Runtime.InteropServices;
using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Clip.FewShot;
using Microsoft.ML.Clip.Persistence;
using Microsoft.ML.Clip.ZeroShot;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(ClipFewShotTransformer), null, typeof(SignatureLoadModel), "", ClipFewShotTransformer.LoaderSignature)]

namespace Microsoft.ML.Clip;

/// <summary>Classifies features by examples; see <see cref="ClipFewShotEstimator"/>.</summary>
public sealed class ClipFewShotTransformer : ClipTransformerBase
{
    internal const string LoaderSignature = "ClipFewShot";

    private const int BatchSize = 64;
    private const string DirectionsEntry = "directions.f32", ExamplesEntry = "examples.f32";

    private static readonly VersionInfo Version = MlNet.Version("CLIPFEWS", LoaderSignature);

    private readonly ClipFewShotEstimator.Options _options;
    private readonly FewShotMemory _memory;

    internal ClipFewShotTransformer(IHostEnvironment environment, ClipFewShotEstimator.Options options, FewShotMemory memory)
        : base(environment, nameof(ClipFewShotTransformer), fallback: null) => (_options, _memory) = (options, memory);

    /// <summary>The labels, in the order of the score's slots and of the predicted label's keys (key = index + 1).</summary>
    public IReadOnlyList<string> Labels => _memory.Labels;

    private protected override string Towers => "the features' onnx/vision_model.onnx or onnx/text_model.onnx";

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }

    private protected override BatchedColumns Bind(DataViewSchema inputSchema)
    {
        var input = InputColumns.Features(inputSchema, _options.FeatureColumnName);
        if (input.Type is VectorDataViewType { Size: var size } && size != _memory.Dimension)
        {
            throw new ArgumentException(
                $"Column '{input.Name}' has {size} numbers, and the classifier was fitted on {_memory.Dimension}: give the features of "
                + "the same model.", nameof(inputSchema));
        }

        return new(
            LabelScores.Columns(_options.ScoreColumnName, _options.PredictedLabelColumnName, Labels), input, BatchSize,
            (row, capacity, _) => new FewShotScores(_memory, row, input, capacity));
    }

    private protected override IEnumerable<string> Problems(DataViewSchema inputSchema) =>
        LabelKeys.Problems(inputSchema, Labels);

    private protected override void Save(ModelSaveContext context)
    {
        SavedState.Save(context, Version, _options, new Fitted
        {
            Labels = Labels,
            Dimension = _memory.Dimension,
            ExampleLabels = _memory.ExampleLabels,
        });
        Write(context, DirectionsEntry, _memory.Rows);
        Write(context, ExamplesEntry, _memory.Examples);
    }

    private static ClipFewShotTransformer Create(IHostEnvironment environment, ModelLoadContext context) =>
        SavedState.Loading(environment, LoaderSignature, () =>
        {
            var (options, fitted) = SavedState.Load<ClipFewShotEstimator.Options, Fitted>(context, Version);
            options.Check();
            var (rows, examples) = (Read(context, DirectionsEntry), Read(context, ExamplesEntry));
            if (rows.Length != fitted.Labels.Count * fitted.Dimension || examples.Length != fitted.ExampleLabels.Length * fitted.Dimension
                || fitted.ExampleLabels.Any(label => label < 0 || label >= fitted.Labels.Count))
            {
                throw new InvalidDataException("The saved classifier's numbers do not fit its labels: the file is damaged; save it again.");
            }

            return new ClipFewShotTransformer(
                environment, options, new(options, fitted.Labels, fitted.Dimension, rows, examples, fitted.ExampleLabels));
        });

    private static void Write(ModelSaveContext context, string entry, float[] values) =>
        context.SaveBinaryStream(entry, writer => writer.Write(MemoryMarshal.AsBytes(values.AsSpan())));

    private static float[] Read(ModelLoadContext context, string entry)
    {
        float[] values = [];
        var found = context.TryLoadBinaryStream(entry, reader =>
        {
            values = new float[reader.BaseStream.Length / sizeof(float)];
            reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        });
        return found ? values : throw SavedState.NoEntry(entry);
    }

    /// <summary>What is saved beside the settings and the numbers.</summary>
    private sealed record Fitted
    {
        public IReadOnlyList<string> Labels { get; init; } = [];

        public int Dimension { get; init; }

        public int[] ExampleLabels { get; init; } = [];
    }
}
