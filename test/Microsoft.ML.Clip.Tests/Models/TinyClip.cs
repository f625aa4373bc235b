using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip.Tests.Models;

/// <summary>
/// The two towers of a CLIP that knows three colors. The image tower projects the mean color; the text tower sums the tokens up
/// to the first end-of-text (and, like a real one, cares for nothing after it) and projects that: "red" lies where red images do.
/// </summary>
internal sealed class TinyClip
{
    public const int Dimension = 8;
    public const int ImageSize = 32;

    private readonly OnnxGraph _graph;

    private TinyClip(OnnxGraph graph) => _graph = graph;

    public static void SaveVision(
        string path, string input = "pixel_values", string output = "image_embeds", object? batch = null, string? external = null,
        int type = OnnxGraph.Float, object? dimension = null, int ballast = 0,
        int size = ImageSize, int width = Dimension)
    {
        var tower = new TinyClip(new OnnxGraph(external));
        if (ballast > 0) tower._graph.Weights("ballast", new float[ballast], ballast);
        tower.Vision(input, output, batch ?? "batch", type, dimension ?? width, size, width);
        tower._graph.Save(path);
    }

    public static void SaveText(
        string path, string input = "input_ids", string output = "text_embeds", int idType = OnnxGraph.Int64,
        object? batch = null, object? length = null, bool mask = false, object? dimension = null)
    {
        var tower = new TinyClip(new OnnxGraph());
        tower.Text(input, output, idType, batch ?? "batch", length ?? "length", mask, dimension ?? Dimension);
        tower._graph.Save(path);
    }

    /// <summary>Both towers in one file, as <c>onnx/model.onnx</c> of Hugging Face's exports.</summary>
    /// <param name="path">The file.</param>
    /// <param name="declaresSize">Whether the graph says which size of images it takes, and does not only fail at another.</param>
    public static void SaveCombined(string path, bool declaresSize = true)
    {
        var both = new TinyClip(new OnnxGraph());
        both.Text("input_ids", "text_embeds", OnnxGraph.Int64, "text_batch", "length", mask: true, Dimension);
        both.Vision(
            "pixel_values", "image_embeds", "image_batch", OnnxGraph.Float, Dimension, ImageSize, Dimension, declaresSize);
        both._graph.Node("Transpose", "image_embeds_t", ["image_embeds"]);
        both._graph.Node("MatMul", "logits_per_text", ["text_embeds", "image_embeds_t"]);
        both._graph.Output("logits_per_text", OnnxGraph.Float, "text_batch", "image_batch");
        both._graph.Save(path);
    }

    private void Vision(
        string input, string output, object batch, int type, object dimension, int size, int width, bool declaresSize = true)
    {
        _graph.Input(input, type, batch, 3, declaresSize ? size : "height", declaresSize ? size : "width");
        var sized = declaresSize
            ? input
            : _graph.Node("Reshape", "sized", [input, _graph.Constant("image_shape", [0, 3, size, size], OnnxGraph.Int64, 4)]);
        _graph.Node("Cast", "pixels", [sized], ("to", OnnxGraph.Float));
        _graph.Node("GlobalAveragePool", "pooled", ["pixels"]);
        _graph.Node("Flatten", "colour", ["pooled"], ("axis", 1));
        _graph.Node("MatMul", "projected", ["colour", Projection(_graph, "visual_projection", width)]);
        _graph.Node("Cast", output, ["projected"], ("to", type));
        _graph.Output(output, type, batch, dimension);
    }

    private void Text(string input, string output, int idType, object batch, object length, bool mask, object dimension)
    {
        _graph.Input(input, idType, batch, length);
        if (mask)
        {
            _graph.Input("attention_mask", OnnxGraph.Int64, batch, length);
            _graph.Node("Cast", "live", ["attention_mask"], ("to", OnnxGraph.Float));
        }
        else
        {
            _graph.Node("Equal", "is_end", [input, _graph.Constant("end", [TinyVocabulary.EndOfText], idType)]);
            _graph.Node("Cast", "is_end_f", ["is_end"], ("to", OnnxGraph.Float));
            _graph.Node("CumSum", "ends_before", ["is_end_f", _graph.Constant("one", [1])], ("exclusive", 1));
            _graph.Node("Less", "is_live", ["ends_before", _graph.Weights("half", [0.5f])]);
            _graph.Node("Cast", "live", ["is_live"], ("to", OnnxGraph.Float));
        }

        _graph.Node("Unsqueeze", "live_column", ["live", _graph.Constant("last", [-1], OnnxGraph.Int64, 1)]);
        var table = _graph.Weights("token_embedding", [.. TinyVocabulary.Colors().SelectMany(c => c)], TinyVocabulary.Count, 3);
        _graph.Node("Gather", "tokens", [table, input]);
        _graph.Node("Mul", "live_tokens", ["tokens", "live_column"]);
        _graph.Node("ReduceSum", "summed", ["live_tokens", _graph.Constant("along", [1], OnnxGraph.Int64, 1)], ("keepdims", 0));
        _graph.Node("MatMul", output, ["summed", Projection(_graph, "text_projection")]);
        _graph.Output(output, OnnxGraph.Float, batch, dimension);
    }

    /// <summary>Nearly the identity on colors, spread a little over the other dimensions.</summary>
    public static string Projection(OnnxGraph graph, string name, int width = Dimension) =>
        graph.Weights(name, ProjectionWeights(width), 3, width);

    /// <summary>The same weights as they stand in the file.</summary>
    public static byte[] ProjectionBytes() => [.. MemoryMarshal.AsBytes(ProjectionWeights(Dimension).AsSpan())];

    private static float[] ProjectionWeights(int width)
    {
        var weights = new float[3 * width];
        for (var i = 0; i < weights.Length; i++) weights[i] = (i / width == i % width ? 1 : 0) + (0.1f * MathF.Cos(i));
        return weights;
    }
}
