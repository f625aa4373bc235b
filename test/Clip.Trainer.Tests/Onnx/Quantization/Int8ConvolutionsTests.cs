using System.Numerics.Tensors;
using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.ModelFolders;
using Clip.Conversion.Onnx;
using Clip.Conversion.Onnx.Format;
using Clip.Conversion.Onnx.Quantization;
using Clip.Conversion.Quantization;
using Clip.Conversion.Tokenizing;
using Clip.Trainer.Modeling;
using Clip.Trainer.Tests.Modeling;
using Clip.Trainer.Training;
using Xunit.Abstractions;
using static Clip.Testing.OnnxFile;

namespace Clip.Trainer.Tests.Onnx.Quantization;

public sealed class Int8ConvolutionsTests : IDisposable
{
    private const int Images = 6;

    private readonly TempFolder _folder = new();
    private readonly ITestOutputHelper _output;
    private readonly ClipConfig _config;
    private readonly Dictionary<string, WeightTensor> _weights;
    private readonly WeightTensor _images;

    public Int8ConvolutionsTests(ITestOutputHelper output)
    {
        _output = output;
        using var model = RandomResNet.Create();
        (_config, _weights) = (model.Config, TorchWeights.Of(model));
        using var images = RandomResNet.Images(Images);
        _images = TorchWeights.Copy(images);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Everything_between_the_pixels_and_the_pooling_is_bytes()
    {
        var graph = Int8();

        // Three in the stem, three in each of six blocks, and one for each of four shortcuts that change shape.
        Assert.Equal(3 + 6 * 3 + 4, graph.Node.Count(n => n.OpType == "QLinearConv"));
        Assert.Equal(6, graph.Node.Count(n => n.OpType == "QLinearAdd"));
        Assert.DoesNotContain(graph.Node, n => n.OpType is "Conv" or "Relu" or "AveragePool");
        Assert.Single(graph.Node, n => n.OpType == "QuantizeLinear");
        Assert.Single(graph.Node, n => n.OpType == "DequantizeLinear");
        Assert.InRange(WorstCosine(graph), 0.999, 1.0001);
    }

    [Theory]
    [InlineData("visual.conv1.weight")]
    [InlineData("visual.conv3.weight")]
    [InlineData("visual.layer1.0.conv1.weight")]
    [InlineData("visual.layer1.0.conv3.weight")]
    [InlineData("visual.layer1.1.conv3.weight")]
    [InlineData("visual.layer2.0.conv2.weight")]
    [InlineData("visual.layer2.0.downsample.0.weight")]
    [InlineData("visual.layer4.0.conv3.weight")]
    public void A_convolution_may_stay_float_anywhere(string weight)
    {
        var graph = Int8(weight);

        Assert.Equal(weight, Assert.Single(graph.Node, n => n.OpType == "Conv").Input[1]);
        Assert.InRange(WorstCosine(graph), 0.999, 1.0001);
    }

    [Fact]
    public void With_all_of_them_in_float_nothing_changes()
    {
        var names = Int8Graph.Weights(Fp32(), Ranges());

        Assert.Contains("visual.layer4.0.conv3.weight", names);
        Assert.Equal(Fp32(), Int8([.. names]));
    }

    [Fact]
    public void A_channel_that_is_always_zero_stays_so()
    {
        // Training starts with such gains: a block is then its shortcut alone.
        var gains = _weights.Keys
            .Where(n => n.EndsWith(".bn3.weight", StringComparison.Ordinal) || n.EndsWith(".bn3.bias", StringComparison.Ordinal))
            .ToArray();
        foreach (var name in gains)
            _weights[name] = _weights[name] with { Data = new float[_weights[name].Data.Length] };

        Assert.InRange(WorstCosine(Int8()), 0.999, 1.0001);
    }

    [Fact]
    public void Quantising_a_folder_measures_the_ranges_on_its_samples_and_the_whole_model_has_them_too()
    {
        using var pictures = new TinyRun();
        var rows = Clip.Data.CaptionTable.Read(pictures.Table);
        var vocabulary = BpeTrainer.Train(rows.SelectMany(row => row.Captions), 520);
        var config = _config.WithVocabulary(vocabulary.Size);
        _weights["token_embedding.weight"] = new WeightTensor(
            [vocabulary.Size, config.Text.Width],
            Enumerable.Range(0, vocabulary.Size * config.Text.Width).Select(i => MathF.Sin(i)).ToArray());
        RandomModel.WriteFolder(config, _weights, _folder["model"], folder => vocabulary.Save(folder, config.Text.ContextLength));

        var report = ModelFolderQuantizer.Add(_folder["model"], new QuantizationOptions
        {
            ImagePaths = [.. rows.Select(row => row.Path)],
            Texts = [.. rows.Select(row => row.Captions[0])],
            Precisions = [OnnxPrecision.Int8],
            MeanCosine = 0.99,
        });

        var vision = Assert.Single(report.Files, f => f.Name == "onnx/vision_model_int8.onnx");
        _output.WriteLine($"{vision.Cosine}, float: {string.Join(", ", vision.FloatWeights)}");
        Assert.InRange(vision.Cosine!.Mean, 0.99, 1.0001);
        var whole = ModelProto.Parser.ParseFrom(File.ReadAllBytes(_folder["model/onnx/model_int8.onnx"])).Graph;
        var tower = ModelProto.Parser.ParseFrom(File.ReadAllBytes(_folder["model/onnx/vision_model_int8.onnx"])).Graph;
        Assert.True(tower.Node.Count(n => n.OpType == "QLinearConv") > 15);
        Assert.Equal(tower.Node.Count(n => n.OpType == "QLinearConv"), whole.Node.Count(n => n.OpType == "QLinearConv"));
        Assert.DoesNotContain(Directory.GetFiles(_folder["model/onnx"]), f => f.Contains("ranges", StringComparison.Ordinal));
    }

    private GraphProto Fp32() => ClipOnnxExporter.Graph("vision_model", _config, _weights);

    /// <summary>From the least of all images to the largest, whichever comes last.</summary>
    [Fact]
    public void Ranges_are_those_of_all_images_together()
    {
        var keys = new ConvolutionChain(Fp32()).Points.Values.Distinct().ToArray();
        var each = Enumerable.Range(0, Images).Select(i => Ends(Ranges([i])!)).ToArray();

        foreach (var order in new[] { Enumerable.Range(0, Images), Enumerable.Range(0, Images).Reverse() })
        {
            var all = Ends(Ranges([.. order])!);
            foreach (var key in keys)
            {
                var (min, max) = (each.Min(e => e[key].Min), each.Max(e => e[key].Max));
                var step = (max - min) / 255; // of a range's bytes, by which its ends are told
                Assert.InRange(all[key].Min, min - step, min + step);
                Assert.InRange(all[key].Max, max - step, max + step);
            }
        }

        // No image has the widest range everywhere.
        Assert.All(each, e => Assert.Contains(keys, key => e[key].Max < 0.95 * each.Max(other => other[key].Max)));

        Dictionary<string, (float Min, float Max)> Ends(ActivationRanges ranges) => keys.ToDictionary(key => key, key =>
        {
            var (scale, zero) = ranges.Bytes(key);
            return (-zero * scale, (255 - zero) * scale);
        });
    }

    private ActivationRanges? Ranges() => Ranges([.. Enumerable.Range(0, Images)]);

    private ActivationRanges? Ranges(int[] images) => ActivationRanges.Measure(
        Fp32(),
        images.Select(i => Items(_images, i, i + 1).Data.ToArray()),
        _config.Vision.ImageSize,
        _folder["ranges.onnx"]);

    private GraphProto Int8(params string[] floats)
    {
        var graph = Fp32();
        Int8Graph.Apply(graph, new Int8Options
        {
            Activations = Ranges(),
            FloatWeights = ParameterLayout.Of(_config).Projections.Concat(floats).ToHashSet(),
        });
        return graph;
    }

    private double WorstCosine(GraphProto int8)
    {
        ModelFile.Write(Fp32(), _folder["fp32.onnx"], ModelFile.MaxInlineBytes);
        ModelFile.Write(int8, _folder["int8.onnx"], ModelFile.MaxInlineBytes);
        var (expected, actual) = (
            Run(_folder["fp32.onnx"], ("pixel_values", _images)).Values.Single(),
            Run(_folder["int8.onnx"], ("pixel_values", _images)).Values.Single());
        var worst = Enumerable.Range(0, Images).Min(i =>
            TensorPrimitives.CosineSimilarity(Items(expected, i, i + 1).Data.Span, Items(actual, i, i + 1).Data.Span));
        _output.WriteLine($"worst cosine {worst}");
        return worst;
    }
}
