using Clip.Conversion.Checkpoints;
using Clip.Conversion.Onnx.Format;
using static Clip.Conversion.Onnx.Format.GraphBuilder;

namespace Clip.Bench;

/// <summary>
/// Layers as <c>torch.onnx.export</c> writes them at opset 14: linear layers are a product and a sum, LayerNorm and GELU are taken apart,
/// shapes are computed when the graph runs.
/// </summary>
/// <param name="graph">Where to.</param>
/// <param name="take">Gives a weight by its name.</param>
internal sealed class PlainLayers(GraphBuilder graph, Func<string, WeightTensor> take)
{
    /// <summary>The operators' version; in this one reductions still take their axes as attributes.</summary>
    public const long Opset = 14;

    public GraphBuilder Graph => graph;

    public WeightTensor Take(string name) => take(name);

    public string Weight(string name) => graph.Weight(name, take(name));

    public string Op(string op, ReadOnlySpan<string> inputs, params ReadOnlySpan<AttributeProto> attributes) =>
        graph.Op(op, inputs, attributes);

    public string Transpose(string x, params long[] order) => Op("Transpose", [x], Attribute("perm", order));

    /// <summary>One of a value's sizes, as a vector.</summary>
    public string SizeOf(string x, int axis)
    {
        var size = Op("Gather", [Op("Shape", [x]), graph.Scalar((long)axis)], Attribute("axis", 0L));
        return Op("Unsqueeze", [size, graph.Vector(0)]);
    }

    public string Reshape(string x, params string[] sizes) => Op("Reshape", [x, Op("Concat", sizes, Attribute("axis", 0L))]);

    public string LayerNorm(string name, string x, double eps)
    {
        var centered = Op("Sub", [x, Mean(x)]);
        var variance = Mean(Op("Pow", [centered, graph.Scalar(2f)]));
        var deviation = Op("Sqrt", [Op("Add", [variance, graph.Scalar((float)eps)])]);
        var scaled = Op("Mul", [Op("Div", [centered, deviation]), Weight($"{name}.weight")]);
        return Op("Add", [scaled, Weight($"{name}.bias")]);

        string Mean(string values) => Op("ReduceMean", [values], Attribute("axes", [-1]), Attribute("keepdims", 1L));
    }

    public string Gelu(string x)
    {
        var erf = Op("Erf", [Op("Div", [x, graph.Scalar(MathF.Sqrt(2))])]);
        return Op("Mul", [Op("Mul", [x, Op("Add", [erf, graph.Scalar(1f)])]), graph.Scalar(0.5f)]);
    }

    public string Linear(string name, string x, bool hasBias = true) =>
        Linear(name, x, take($"{name}.weight"), hasBias ? take($"{name}.bias") : null);

    public string Linear(string name, string x, WeightTensor weight, WeightTensor? bias)
    {
        var product = Op("MatMul", [x, graph.Weight($"{name}.weight", Transposed(weight))]);
        return bias is null ? product : Op("Add", [graph.Weight($"{name}.bias", bias), product]);
    }

    /// <summary>A token in front of each item's.</summary>
    public string Prepend(string token, string rows, string pixels, int width)
    {
        var shape = Op("Concat", [SizeOf(pixels, 0), graph.Vector(1), graph.Vector(width)], Attribute("axis", 0L));
        return Op("Concat", [Op("Expand", [token, shape]), rows], Attribute("axis", 1L));
    }

    private static WeightTensor Transposed(WeightTensor weight)
    {
        int rows = (int)weight.Shape[0], columns = (int)weight.Shape[1];
        var source = weight.Data.Span;
        var transposed = new float[source.Length];
        for (var r = 0; r < rows; r++)
        {
            for (var c = 0; c < columns; c++) transposed[(c * rows) + r] = source[(r * columns) + c];
        }

        return new WeightTensor([columns, rows], transposed);
    }
}
