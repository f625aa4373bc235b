using System.Numerics.Tensors;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Onnx;
using Clip.Conversion.Onnx.Format;
using Clip.Conversion.Onnx.Quantization;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Imaging;

namespace Clip.Conversion.Quantization;

/// <summary>Adds ONNX files of other precisions to a model folder, written from its weights, and measures what they cost.</summary>
public sealed class ModelFolderQuantizer
{
    private readonly string _folder;
    private readonly string _aside;
    private readonly FolderModel _model;
    private readonly QuantizationOptions _options;

    private ModelFolderQuantizer(string folder, string aside, QuantizationOptions options)
    {
        (_folder, _aside, _options) = (folder, aside, options);
        _model = FolderModel.Open(folder);
        FiniteWeights.Require(_model.Weights, folder);
    }

    private int Range => _options.ReduceRange ? Int8Matrix.ReducedRange : Int8Matrix.FullRange;

    /// <summary>
    /// Writes <c>vision_model</c>, <c>text_model</c> and <c>model</c> in each precision, first into a folder beside <c>onnx</c>; once all
    /// are complete and measured they move into it, replacing files of the same names.
    /// </summary>
    /// <param name="folder">A model folder with <c>config.json</c> and weights (<c>model.safetensors</c>).</param>
    /// <param name="options">Precisions and samples.</param>
    /// <param name="progress">Told what takes long; null for silence.</param>
    /// <param name="cancellationToken">Checked before each measurement.</param>
    /// <exception cref="ClipException">The folder lacks config or weights, they do not fit, or there is nothing to measure on.</exception>
    /// <exception cref="FileNotFoundException">An image is not there.</exception>
    /// <exception cref="InvalidDataException">An image is none.</exception>
    public static QuantizationReport Add(
        string folder, QuantizationOptions options, Action<string>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentNullException.ThrowIfNull(options);
        if (!File.Exists(Path.Combine(folder, "config.json")))
            throw new ClipException($"{folder} is no model folder, for it has no config.json; give one that 'clip train' wrote.");
        if (options.ImagePaths.Count == 0 || options.Texts.Count == 0)
            throw new ClipException("There are no samples to compare precisions on; give at least one image and one text.");

        // Within the folder, for only within one volume is a move all or nothing.
        var target = Path.GetFullPath(folder);
        var onnx = Path.Combine(target, "onnx");
        using var aside = new Aside(onnx);
        var report = new ModelFolderQuantizer(target, aside.Path, options).Write(progress, cancellationToken);
        Directory.CreateDirectory(onnx);
        foreach (var file in Directory.EnumerateFiles(aside.Path))
            File.Move(file, Path.Combine(onnx, Path.GetFileName(file)), overwrite: true);
        return report;
    }

    private QuantizationReport Write(Action<string>? progress, CancellationToken cancellationToken)
    {
        // The whole model first: it is the one that misses no weight, and no samples are run in vain.
        var stems = _model.Stems;
        var fp32 = stems.ToDictionary(stem => stem, Graph);
        var sizes = fp32.ToDictionary(pair => pair.Key, pair => ModelFile.Size(pair.Value));
        var weights = fp32.ToDictionary(pair => pair.Key, pair => Int8Graph.Weights(pair.Value));
        Directory.CreateDirectory(_aside);
        var towers = new List<SampleTower>();
        if (stems.Contains(ClipOnnxExporter.VisionStem))
            towers.Add(new SampleTower(_folder, ClipOnnxExporter.VisionStem, _options.ImagePaths, _aside));
        if (!stems.Contains(ClipOnnxExporter.TextStem)) progress?.Invoke($"{_folder} has the image tower alone.");
        else if (HasTokenizer()) towers.Add(new SampleTower(_folder, ClipOnnxExporter.TextStem, _options.Texts, _aside));
        else progress?.Invoke($"{_folder} has no tokenizer, so the text tower is written but not compared.");
        var expected = towers.ToDictionary(tower => tower.Stem, tower => tower.Try(fp32[tower.Stem]));

        var int8 = new Int8Options { FloatWeights = _model.Projections, Range = Range };
        if (_options.MeanCosine is { } cosine && _options.Precisions.Contains(OnnxPrecision.Int8))
        {
            int8 = int8 with { Activations = Activations() };
            var floats = towers
                .SelectMany(tower => FloatWeights.Choose(
                    tower, expected[tower.Stem], () => Graph(tower.Stem), int8, cosine, progress, cancellationToken))
                .ToHashSet();
            int8 = int8 with { FloatWeights = floats };
            weights = fp32.ToDictionary(pair => pair.Key, pair => Int8Graph.Weights(pair.Value, int8.Activations));
        }

        var files = new List<QuantizedFile>();
        var agreement = new Dictionary<OnnxPrecision, double>();
        foreach (var precision in _options.Precisions)
        {
            var features = new Dictionary<string, float[][]>();
            foreach (var stem in stems)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var graph = _model.Graph(stem, precision, int8);
                var file = Path.Combine(_aside, $"{stem}{precision.Suffix()}.onnx");
                var kept = precision == OnnxPrecision.Int8 ? weights[stem].Where(int8.FloatWeights.Contains).ToArray() : [];
                ModelFile.Write(graph, file, ModelFile.MaxInlineBytes);
                var tower = towers.Find(t => t.Stem == stem);
                if (tower is not null) features.Add(stem, tower.Run(file));
                files.Add(new QuantizedFile(
                    $"onnx/{Path.GetFileName(file)}",
                    precision,
                    ModelFile.Size(file),
                    sizes[stem],
                    tower is null ? null : FeatureCosine.Between(expected[stem], features[stem]),
                    kept));
            }

            if (features.Count == 2) agreement.Add(precision, Agreement(Nearest(expected), Nearest(features)));
        }

        return new QuantizationReport(files, agreement);
    }

    /// <summary>
    /// Where the activations of a tower of convolutions lie on the sample images; null for a Transformer, whose scales are found as it
    /// runs.
    /// </summary>
    private ActivationRanges? Activations()
    {
        if (!_model.IsConvolutional) return null;
        var preprocessor = ClipImagePreprocessor.Create(
            PreprocessingFile.ReadFolder(_folder, out _) ?? ClipImagePreprocessing.ForSize(_model.ImageSize));
        var images = _options.ImagePaths.Select(path =>
        {
            var pixels = new float[preprocessor.FloatCount];
            ImageFile.Prepare(preprocessor, path, pixels);
            return pixels;
        });
        return ActivationRanges.Measure(
            Graph(ClipOnnxExporter.VisionStem), images, _model.ImageSize, Path.Combine(_aside, "ranges.onnx"));
    }

    private GraphProto Graph(string stem) => _model.Graph(stem, OnnxPrecision.Fp32, null);

    private bool HasTokenizer() => new[] { "tokenizer.json", "vocab.json", "spiece.model", "tokenizer.model" }
        .Any(name => File.Exists(Path.Combine(_folder, name)));

    private static double Agreement(int[] expected, int[] actual) => expected.Zip(actual, (e, a) => e == a ? 1.0 : 0).Average();

    /// <summary>For each image the text it is most similar to.</summary>
    private static int[] Nearest(Dictionary<string, float[][]> features) =>
    [
        .. features[ClipOnnxExporter.VisionStem].Select(image => TensorPrimitives.IndexOfMax<float>(
            [.. features[ClipOnnxExporter.TextStem].Select(text => TensorPrimitives.Dot(image, text))])),
    ];
}
