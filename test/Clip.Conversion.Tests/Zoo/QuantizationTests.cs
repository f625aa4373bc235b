using System.Globalization;
using System.Numerics.Tensors;
using System.Text;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.ModelFolders;
using Clip.Conversion.Onnx;
using Clip.Conversion.Onnx.Format;
using Clip.Conversion.Quantization;
using Xunit.Abstractions;
using static Clip.Testing.OnnxFile;

namespace Clip.Conversion.Tests.Zoo;

/// <summary>Every family's files of 8 and 16 bits against its float32 ones.</summary>
public sealed class QuantizationTests(ITestOutputHelper output) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [ZooData]
    public void Files_of_8_and_16_bits_come_near_those_of_32(string family)
    {
        var (golden, options) = Convert(family);

        // Ranges of convolutions are measured where a cosine is asked for; so low a one leaves no weight in float for it.
        var report = ModelFolderQuantizer.Add(_folder["out"], options with { MeanCosine = -1 });

        foreach (var (precision, least) in new[] { (OnnxPrecision.Fp16, 0.99999), (OnnxPrecision.Int8, 0.99) })
        {
            if (report.Files.FirstOrDefault(f => f.Precision == precision && f.Cosine is not null) is { } vision)
            {
                Tell(family, "image", precision, vision.Cosine!.Min);
                Assert.InRange(vision.Cosine.Min, least, 1.0001);
            }

            if (!golden.ContainsKey("input_ids")) continue;
            var cosine = TextCosine(golden, precision);
            Tell(family, "text", precision, cosine);
            Assert.InRange(cosine, least, 1.0001);
        }
    }

    [SkippableTheory]
    [InlineData("convnext_base_w")]
    [InlineData("mobileclip2_s0")]
    [InlineData("vitamin_b")]
    public void Convolutions_are_of_bytes_like_a_ResNets(string family)
    {
        var (_, options) = Convert(family);

        ModelFolderQuantizer.Add(_folder["out"], options with { MeanCosine = -1, Precisions = [OnnxPrecision.Int8] });

        var tower = ModelProto.Parser.ParseFrom(File.ReadAllBytes(_folder["out/onnx/vision_model_int8.onnx"])).Graph;
        output.WriteLine(string.Join(", ", tower.Node.CountBy(n => n.OpType).Select(p => $"{p.Key} {p.Value}")));
        Assert.DoesNotContain(tower.Node, n => n.OpType == "Conv");
        Assert.Contains(tower.Node, n => n.OpType == "QLinearConv");
    }

    private void Tell(string family, string tower, OnnxPrecision precision, double cosine) =>
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{family}: {tower}, {precision}, worst cosine {cosine:F5}"));

    private (Dictionary<string, WeightTensor> Golden, QuantizationOptions Options) Convert(string family)
    {
        var source = Golden.Path($"golden/zoo/{family}");
        new ModelConversion(new ConversionOptions { Checkpoint = source, Output = _folder["out"] }, _ => { }, _ => { }).Run();
        var random = new Random(1);
        var images = Enumerable.Range(0, 4).Select(i =>
        {
            var pixels = new byte[64 * 64 * 3];
            random.NextBytes(pixels);
            var path = _folder[$"{i}.ppm"];
            File.WriteAllBytes(path, [.. Encoding.ASCII.GetBytes("P6\n64 64\n255\n"), .. pixels]);
            return path;
        });
        return (
            SafetensorsReader.Load(Path.Combine(source, "golden.safetensors")),
            new QuantizationOptions { ImagePaths = [.. images], Texts = ["a dog"] });
    }

    private double TextCosine(Dictionary<string, WeightTensor> golden, OnnxPrecision precision)
    {
        (string, WeightTensor)[] inputs = [("input_ids", golden["input_ids"])];
        if (golden.TryGetValue("attention_mask", out var mask)) inputs = [.. inputs, ("attention_mask", mask)];
        var actual = Run(_folder[$"out/onnx/text_model{precision.Suffix()}.onnx"], inputs)["text_embeds"];
        Assert.All(actual.Data.ToArray(), value => Assert.True(float.IsFinite(value)));
        return Enumerable.Range(0, (int)actual.Shape[0]).Min(i => TensorPrimitives.CosineSimilarity(
            Items(golden["text_features"], i, i + 1).Data.Span, Items(actual, i, i + 1).Data.Span));
    }
}
