using System.Numerics.Tensors;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Onnx;
using Clip.Conversion.Onnx.Format;
using Clip.Conversion.Onnx.Quantization;
using Clip.Trainer.Tests.Modeling;
using Xunit.Abstractions;
using static Clip.Testing.OnnxFile;
using DataType = Clip.Conversion.Onnx.Format.TensorProto.Types.DataType;

namespace Clip.Trainer.Tests.Onnx.Quantization;

public sealed class PrecisionTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>Large enough for weights, not nodes, to fill the file.</summary>
    private static readonly ClipConfig Config = (RandomModel.Config with
    {
        EmbedDim = 64,
        Vision = (VisionTransformerConfig)RandomModel.Config.Vision with { ImageSize = 16, Width = 256, Heads = 4, MlpWidth = 1024 },
        Text = RandomModel.Config.Text with { Width = 192, Heads = 3, MlpWidth = 768 },
    }).WithVocabulary(2000);

    private static readonly WeightTensor Texts =
        Ids([1998, 4, 1999, 0, 0], [1998, 1999, 9, 9, 9], [1998, 500, 6, 1700, 1999], [1998, 77, 78, 1999, 0]);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_file_is_written_in_every_precision()
    {
        var weights = RandomModel.Weights(RandomModel.Config);

        ClipOnnxExporter.Export(RandomModel.Config, weights, _folder.Path, Enum.GetValues<OnnxPrecision>());

        Assert.Equal(
            [
                "model.onnx", "model_fp16.onnx", "model_int8.onnx", "text_model.onnx", "text_model_fp16.onnx", "text_model_int8.onnx",
                "vision_model.onnx", "vision_model_fp16.onnx", "vision_model_int8.onnx",
            ],
            _folder.Entries.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(OnnxPrecision.Int8, 0.3, 0.99)]
    [InlineData(OnnxPrecision.Fp16, 0.52, 0.999999)]
    public void Features_are_nearly_the_same_from_a_much_smaller_file(OnnxPrecision precision, double size, double cosine)
    {
        ClipOnnxExporter.Export(Config, RandomModel.Weights(Config), _folder.Path, [OnnxPrecision.Fp32, precision]);
        var images = RandomModel.Images(Config, 4);
        foreach (var (stem, input, value) in new[] { ("vision_model", "pixel_values", images), ("text_model", "input_ids", Texts) })
        {
            string expected = _folder[$"{stem}.onnx"], actual = _folder[$"{stem}{precision.Suffix()}.onnx"];

            var ratio = (double)new FileInfo(actual).Length / new FileInfo(expected).Length;
            var worst = Cosines(Run(expected, (input, value)).Values.Single(), Run(actual, (input, value)).Values.Single()).Min();

            output.WriteLine($"{stem}: {ratio:F3} × the size, cosine {worst}");
            Assert.InRange(ratio, 0, size);
            Assert.InRange(worst, cosine, 1.000001);
        }
    }

    [SkippableTheory]
    [InlineData("vit")]
    [InlineData("hf")]
    [GoldenData("dev_vit")]
    [GoldenData("dev_hfcustom")]
    public void Int8_features_are_nearly_the_original_implementations(string model)
    {
        var config = GoldenModel.Config(model);
        var weights = GoldenModel.Weights(model);
        var golden = SafetensorsReader.Load(Golden.Path($"golden/{model}/golden.safetensors"));
        ClipOnnxExporter.Export(config, weights, _folder.Path, [OnnxPrecision.Int8]);

        var images = Cosines(
            golden["image_features"], Run(_folder["vision_model_int8.onnx"], ("pixel_values", golden["image"])).Values.Single());
        var texts = Cosines(golden["text_features"], Run(_folder["text_model_int8.onnx"], ("input_ids", golden["text"])).Values.Single());

        output.WriteLine($"worst cosine: images {images.Min()}, texts {texts.Min()}");
        Assert.InRange(images.Min(), 0.999, 1.00001);
        Assert.InRange(texts.Min(), 0.999, 1.00001);
    }

    [Fact]
    public void Half_precision_changes_features_by_less_than_a_thousandth()
    {
        ClipOnnxExporter.Export(Config, RandomModel.Weights(Config), _folder.Path, [OnnxPrecision.Fp32, OnnxPrecision.Fp16]);
        var images = RandomModel.Images(Config, 4);
        (string, WeightTensor)[] inputs = [("pixel_values", images), ("input_ids", Texts), ("attention_mask", Texts)];

        var (expected, actual) = (Run(_folder["model.onnx"], inputs), Run(_folder["model_fp16.onnx"], inputs));

        foreach (var name in new[] { "image_embeds", "text_embeds" }) Assert.InRange(MaxError(expected[name], actual[name]), 1e-9f, 1e-3f);
    }

    [Fact]
    public void The_whole_model_gives_what_its_towers_give()
    {
        ClipOnnxExporter.Export(Config, RandomModel.Weights(Config), _folder.Path, [OnnxPrecision.Int8]);
        var images = RandomModel.Images(Config, 2);

        var whole = Run(_folder["model_int8.onnx"], ("pixel_values", images), ("input_ids", Texts), ("attention_mask", Texts));
        var image = Run(_folder["vision_model_int8.onnx"], ("pixel_values", images))["image_embeds"];
        var text = Run(_folder["text_model_int8.onnx"], ("input_ids", Texts))["text_embeds"];

        Assert.InRange(Cosines(whole["image_embeds"], image).Min(), 0.99999, 1.00001);
        Assert.InRange(Cosines(whole["text_embeds"], text).Min(), 0.99999, 1.00001);
        Assert.Equal([2, 4], whole["logits_per_image"].Shape);
    }

    [Fact]
    public void Products_patches_and_the_token_table_are_8_bits_and_the_projection_is_not()
    {
        var vision = Int8("vision_model");
        var text = Int8("text_model");

        Assert.DoesNotContain(vision.Node, n => n.OpType is "Gemm" or "Conv");
        Assert.DoesNotContain(text.Node, n => n.OpType == "Gemm");
        // Two blocks of six matrices and the patches; three blocks of six and the table.
        Assert.Equal(13, vision.Initializer.Count(t => t.DataType == DataType.Int8));
        Assert.Equal(19, text.Initializer.Count(t => t.DataType == DataType.Int8));
        Assert.Equal(["visual.positional_embedding", "visual.proj"], FloatMatrices(vision));
        Assert.Equal(["causal_mask", "positional_embedding", "text_projection", "token_embedding.weight_scale"], FloatMatrices(text));
    }

    [Fact]
    public void Weights_named_so_stay_in_float_and_none_does_nothing_at_all()
    {
        var fp32 = ClipOnnxExporter.Graph("vision_model", RandomModel.Config, RandomModel.Weights(RandomModel.Config));
        var names = Int8Graph.Weights(fp32);
        const string kept = "visual.transformer.resblocks.1.mlp.c_proj.weight";

        var one = Int8("vision_model", [kept]);
        var all = Int8("vision_model", names);

        Assert.Equal(14, names.Count);
        Assert.Equal(kept, Assert.Single(one.Node, n => n.OpType == "Gemm").Input[1]);
        Assert.Contains(one.Initializer, t => t.Name == "visual.proj_int8");
        Assert.Equal(fp32, all);
    }

    [Fact]
    public void A_value_beyond_half_precision_keeps_its_matrix_in_float()
    {
        var weights = RandomModel.Weights(RandomModel.Config);
        var projection = weights["visual.proj"].Data.ToArray();
        projection[5] = 70_000;
        weights["visual.proj"] = weights["visual.proj"] with { Data = projection };

        var graph = ClipOnnxExporter.Graph("vision_model", RandomModel.Config, weights, OnnxPrecision.Fp16);

        Assert.Equal(["visual.proj"], FloatMatrices(graph));
    }

    [Fact]
    public void Int8_weights_too_large_for_one_message_lie_beside_the_file()
    {
        var weights = RandomModel.Weights(Config);
        ClipOnnxExporter.Export(Config, weights, _folder["inside"], [OnnxPrecision.Int8]);
        ClipOnnxExporter.Export(Config, weights, _folder["beside"], maxInlineBytes: 50_000, [OnnxPrecision.Int8]);
        var images = RandomModel.Images(Config, 2);

        Assert.True(File.Exists(_folder["beside/vision_model_int8.onnx_data"]));
        Assert.Equal(
            Run(_folder["inside/vision_model_int8.onnx"], ("pixel_values", images))["image_embeds"].Data.ToArray(),
            Run(_folder["beside/vision_model_int8.onnx"], ("pixel_values", images))["image_embeds"].Data.ToArray());
    }

    private static GraphProto Int8(string stem, IEnumerable<string>? floats = null)
    {
        var options = floats is null ? null : new Int8Options { FloatWeights = floats.ToHashSet() };
        return ClipOnnxExporter.Graph(stem, RandomModel.Config, RandomModel.Weights(RandomModel.Config), OnnxPrecision.Int8, options);
    }

    private static IEnumerable<string> FloatMatrices(GraphProto graph) =>
        graph.Initializer.Where(t => t.DataType == DataType.Float && t.Dims.Count >= 2).Select(t => t.Name).Order(StringComparer.Ordinal);

    private static double[] Cosines(WeightTensor expected, WeightTensor actual)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        var n = (int)expected.Shape[1];
        return [.. Enumerable.Range(0, (int)expected.Shape[0]).Select(i =>
            (double)TensorPrimitives.CosineSimilarity(expected.Data.Span.Slice(i * n, n), actual.Data.Span.Slice(i * n, n)))];
    }
}
