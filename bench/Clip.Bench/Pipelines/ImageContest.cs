using System.Numerics.Tensors;
using Clip.Conversion.Onnx.Format;
using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.DataViews;
using Microsoft.ML.Clip.Persistence;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using Microsoft.ML.Transforms.Onnx;

namespace Clip.Bench;

/// <summary>JPEG files to image features, by every road.</summary>
internal sealed class ImageContest : IDisposable
{
    public const string Bare = "bare session, batch ";
    public const string Prepare = "decode and prepare, one thread";
    public const string Transform = "`ClipFeaturizeImage`, JPEG files";
    public const string MlNet = "ML.NET's own steps, JPEG files";

    private readonly MLContext _ml = new();
    private readonly string[] _pictures;
    private readonly int _batchSize;
    private readonly ClipRoad _clip;
    private readonly ClipImagePreprocessor _preprocessor;
    private readonly BareTower _bare;
    private readonly float[] _pixels;
    private readonly int[] _pixelShape;
    private readonly IDataView _data;
    private readonly ITransformer _mlNet;

    public ImageContest(TowerFiles files, string[] pictures, int batchSize, int threads)
    {
        (_pictures, _batchSize) = (pictures, batchSize);
        _data = _ml.Data.LoadFromEnumerable(pictures.Select(path => new PictureRow { Path = path }));
        _clip = new ClipRoad(_ml, files, _data, nameof(PictureRow.Path), batchSize, threads);
        _preprocessor = ClipImagePreprocessor.Create(_clip.Model.Preprocessing);
        _bare = new BareTower(files.VisionPath, "pixel_values", "image_embeds", threads);
        _pixels = new float[pictures.Length * _preprocessor.FloatCount];
        _pixelShape = [3, _preprocessor.Height, _preprocessor.Width];
        _mlNet = MlNetSteps(files.VisionPath, threads).Fit(_data);
        PrepareAll();
    }

    public IEnumerable<Entrant> Entrants() =>
    [
        .. new[] { 1, _batchSize }.Distinct().Select(size =>
            Entrant.Of($"{Bare}{size}", _pictures.Length, () => _bare.Run(_pixels, _pixelShape, size))),
        Entrant.Of(Prepare, _pictures.Length, PrepareAll),
        Entrant.Of($"{Transform}, batch {_batchSize}", _pictures.Length, () => _clip.Run()),
        Entrant.Of(MlNet, _pictures.Length, () => ClipRoad.Read(_mlNet, _data)),
    ];

    /// <summary>The largest difference between the pipeline's features and the bare session's on the same pixels.</summary>
    public float LargestDifference() => Features.LargestDifference(_clip.Run(), _bare.Run(_pixels, _pixelShape, _batchSize));

    /// <summary>How far ML.NET's own preparation leads the features astray: the lowest cosine to the exact ones.</summary>
    public float LowestMlNetCosine() =>
        ClipRoad.Read(_mlNet, _data).Zip(_clip.Run(), (own, exact) => TensorPrimitives.CosineSimilarity<float>(own, exact)).Min();

    /// <summary>The exact features of the first picture.</summary>
    public float[] FirstFeatures() => _clip.Model.EmbedImage(_pictures[0]);

    public void Dispose()
    {
        _clip.Dispose();
        (_mlNet as IDisposable)?.Dispose();
        _bare.Dispose();
    }

    private void PrepareAll()
    {
        var size = _preprocessor.FloatCount;
        for (var i = 0; i < _pictures.Length; i++)
            _preprocessor.Preprocess(File.ReadAllBytes(_pictures[i]), _pixels.AsSpan(i * size, size));
    }

    /// <summary>As close as ML.NET comes by itself: cropped after its own resize, one mean and one deviation for all channels.</summary>
    private EstimatorChain<OnnxTransformer> MlNetSteps(string file, int threads)
    {
        var settings = _preprocessor.Settings;
        return _ml.Transforms.LoadImages("Image", imageFolder: null, nameof(PictureRow.Path))
            .Append(_ml.Transforms.ResizeImages(
                "Image", _preprocessor.Width, _preprocessor.Height, resizing: ImageResizingEstimator.ResizingKind.IsoCrop))
            .Append(_ml.Transforms.ExtractPixels(
                "pixel_values", "Image", offsetImage: 255 * settings.Mean.Average(), scaleImage: 1 / (255 * settings.Std.Average())))
            .Append(_ml.Transforms.ApplyOnnxModel(new OnnxOptions
            {
                ModelFile = file,
                InputColumns = ["pixel_values"],
                OutputColumns = [ClipRoad.Column],
                IntraOpNumThreads = threads,
            }));
    }
}
