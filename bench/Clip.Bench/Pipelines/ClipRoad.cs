using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Data;

namespace Clip.Bench;

/// <summary>Picture files to image features by our pipeline step, over one ONNX file.</summary>
internal sealed class ClipRoad : IDisposable
{
    public const string Column = "image_embeds";

    private readonly IDataView _data;
    private readonly ITransformer _transformer;

    public ClipRoad(MLContext ml, TowerFiles files, IDataView data, string pathColumn, int batchSize, int threads)
    {
        _data = data;
        Model = files.Open(batchSize, threads);
        _transformer = ml.Transforms.ClipFeaturizeImage(new ClipImageFeaturizingEstimator.Options
        {
            OutputColumnName = Column,
            InputColumnName = pathColumn,
            Model = Model,
            BatchSize = batchSize,
            Normalize = false,
        }).Fit(data);
    }

    public ClipModel Model { get; }

    /// <summary>Transforms all pictures and reads all features.</summary>
    public float[][] Run() => Read(_transformer, _data);

    /// <summary>Reads the features that a pipeline gives.</summary>
    public static float[][] Read(ITransformer transformer, IDataView data) =>
        [.. transformer.Transform(data).GetColumn<VBuffer<float>>(Column).Select(v => v.DenseValues().ToArray())];

    public void Dispose()
    {
        (_transformer as IDisposable)?.Dispose();
        Model.Dispose();
    }
}
