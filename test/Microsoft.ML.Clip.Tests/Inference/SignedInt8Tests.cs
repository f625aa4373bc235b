using Microsoft.ML.Clip.Tests.Models;

namespace Microsoft.ML.Clip.Tests.Inference;

/// <summary>
/// Int8 files as all write them, with signed weights: on x86 without VNNI, ONNX Runtime by itself adds two products of a byte with a signed
/// one in 16 bits, and cuts the sum off. Only there can these fail.
/// </summary>
public sealed class SignedInt8Tests : IDisposable
{
    private const int Size = TinyClip.ImageSize, Width = 3 * Size * Size;
    private const float Scale = 1 / 255f;

    private readonly TinyFolder _folder = new();

    public static TheoryData<string> Forms() => [.. Made.Keys];

    private static Dictionary<string, Action<OnnxGraph>> Made { get; } = new()
    {
        ["MatMulInteger"] = graph =>
        {
            Quantize(graph, Flat(graph));
            graph.Node("MatMulInteger", "sums", ["bytes", Matrix(graph), "byte_zero"]);
            Scaled(graph);
        },
        ["MatMulInteger of bytes scaled as they come"] = graph =>
        {
            graph.Node("DynamicQuantizeLinear", ["bytes", "their_scale", "their_zero"], [Flat(graph)]);
            graph.Node("MatMulInteger", "sums", ["bytes", Matrix(graph), "their_zero", graph.Constant("zero", [0], OnnxGraph.Int8)]);
            graph.Node("Cast", "products", ["sums"], ("to", OnnxGraph.Float));
            graph.Node("Mul", "scales", ["their_scale", graph.Weights("weight_scale", [Scale])]);
            graph.Node("Mul", "image_embeds", ["products", "scales"]);
        },
        ["QLinearMatMul"] = graph =>
        {
            Quantize(graph, Flat(graph));
            string[] weights = [Matrix(graph), WeightScale(graph), Zero(graph)];
            graph.Node("QLinearMatMul", "made", ["bytes", "byte_scale", "byte_zero", .. weights, "out_scale", "byte_zero"]);
            Dequantize(graph);
        },
        ["DequantizeLinear before MatMul"] = graph =>
        {
            Quantize(graph, Flat(graph));
            graph.Node("DequantizeLinear", "values", ["bytes", "byte_scale", "byte_zero"]);
            graph.Node("DequantizeLinear", "weights", [Matrix(graph), WeightScale(graph), Zero(graph)]);
            graph.Node("MatMul", "products", ["values", "weights"]);
            graph.Node("QuantizeLinear", "made", ["products", "out_scale", "byte_zero"]);
            Dequantize(graph);
        },
        ["ConvInteger"] = graph =>
        {
            Quantize(graph, "pixel_values");
            graph.Node("ConvInteger", "sums_map", ["bytes", Filters(graph), "byte_zero"]);
            graph.Node("Flatten", "sums", ["sums_map"]);
            Scaled(graph);
        },
        ["QLinearConv"] = graph =>
        {
            Quantize(graph, "pixel_values");
            string[] filters = [Filters(graph), WeightScale(graph), Zero(graph)];
            graph.Node("QLinearConv", "made_map", ["bytes", "byte_scale", "byte_zero", .. filters, "out_scale", "byte_zero"]);
            graph.Node("Flatten", "made", ["made_map"]);
            Dequantize(graph);
        },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Forms))]
    public void ProductsAreExact(string form)
    {
        Save(form);
        Assert.All(Sums(new()), sum => Assert.Equal(1, sum, 0.001f));
    }

    /// <summary>Also after a graph was kept whose sums may be cut off.</summary>
    [Fact]
    public void ThoseOfAKeptGraphAreExact()
    {
        Save("MatMulInteger");
        var kept = new ClipSessionOptions { CacheOptimizedGraph = true };
        Sums(kept with { AllowInt8Saturation = true });

        Assert.All([.. Sums(kept), .. Sums(kept)], sum => Assert.Equal(1, sum, 0.001f));
        Assert.Equal(2, Directory.GetDirectories(_folder["onnx/.optimized"]).Length);
    }

    private void Save(string form)
    {
        var graph = new OnnxGraph();
        graph.Input("pixel_values", OnnxGraph.Float, "batch", 3, Size, Size);
        graph.Weights("byte_scale", [1 / 255f]);
        graph.Weights("out_scale", [Width * 127 * Scale / 250]);
        graph.Constant("byte_zero", [0], OnnxGraph.UInt8);
        Made[form](graph);
        graph.Output("image_embeds", OnnxGraph.Float, "batch", TinyClip.Dimension);
        graph.Save(_folder["onnx/vision_model.onnx"]);
    }

    /// <summary>Sums of a white picture's products with weights of 127, the largest there are, as shares of what they should be.</summary>
    private float[] Sums(ClipSessionOptions session)
    {
        using var model = ClipModel.Open(_folder.Path, new() { Session = session });
        var features = new float[TinyClip.Dimension];
        model.ImageTower.Run(Enumerable.Repeat(1f, Width).ToArray(), 1, features);
        return [.. features.Select(feature => feature / (Width * 127 * Scale))];
    }

    private static string Flat(OnnxGraph graph) => graph.Node("Flatten", "flat", ["pixel_values"]);

    private static void Quantize(OnnxGraph graph, string values) =>
        graph.Node("QuantizeLinear", "bytes", [values, "byte_scale", "byte_zero"]);

    private static void Dequantize(OnnxGraph graph) =>
        graph.Node("DequantizeLinear", "image_embeds", ["made", "out_scale", "byte_zero"]);

    private static void Scaled(OnnxGraph graph)
    {
        graph.Node("Cast", "products", ["sums"], ("to", OnnxGraph.Float));
        graph.Node("Mul", "image_embeds", ["products", graph.Weights("both_scales", [Scale / 255])]);
    }

    private static string Matrix(OnnxGraph graph) => Weights(graph, Width, TinyClip.Dimension);

    private static string Filters(OnnxGraph graph) => Weights(graph, TinyClip.Dimension, 3, Size, Size);

    private static string Weights(OnnxGraph graph, params long[] shape) =>
        graph.Constant("weight", [.. Enumerable.Repeat(127L, Width * TinyClip.Dimension)], OnnxGraph.Int8, shape);

    private static string WeightScale(OnnxGraph graph) => graph.Weights("weight_scale", [Scale]);

    private static string Zero(OnnxGraph graph) => graph.Constant("zero", [0], OnnxGraph.Int8);
}
