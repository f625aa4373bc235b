using Clip.Conversion.Checkpoints;
using Clip.Conversion.Onnx.Format;
using static Clip.Conversion.Onnx.Format.GraphBuilder;

namespace Clip.Conversion.Zoo.Blocks;

/// <summary>
/// Writes the layers that towers are made of, and counts what they cost. Between the blocks of a Transformer the tokens of all items lie as
/// the rows of one matrix, so that a linear layer is a single <c>Gemm</c>.
/// </summary>
internal sealed class TowerWriter(GraphBuilder graph, Parameters parameters)
{
    public GraphBuilder Graph => graph;

    public Parameters Parameters => parameters;

    /// <summary>How many rows an item has in what is written now: tokens, or places of a grid.</summary>
    public long Places { get; set; } = 1;

    /// <summary>
    /// Multiplications of an item's matrix products and convolutions so far. As open_clip's docs/model_profile.csv counts them, all tokens
    /// go through the last block, though only those that are read are computed.
    /// </summary>
    public double Multiplications { get; private set; }

    /// <summary>Names what follows; where the name ends in a number it is that block of the tower.</summary>
    public void Scope(string scope)
    {
        graph.Scope(scope.TrimEnd('.'));
        parameters.Enter(scope);
    }

    public string Op(string op, params ReadOnlySpan<string> inputs) => graph.Op(op, inputs);

    public string Weight(string name, params ReadOnlySpan<long> shape) => graph.Weight(name, parameters.Take(name, shape));

    public string Add(string a, string b) => graph.Op("Add", [a, b]);

    public string Reshape(string x, params long[] shape) => graph.Op("Reshape", [x, graph.Vector(shape)]);

    public string Transpose(string x, params long[] order) => graph.Op("Transpose", [x], Attribute("perm", order));

    /// <summary>A linear layer, PyTorch's [out, in].</summary>
    /// <param name="x">[rows, inputs].</param>
    /// <param name="name">What stands before <c>.weight</c> and <c>.bias</c>.</param>
    /// <param name="inputs">Channels that come in.</param>
    /// <param name="outputs">Channels that go out.</param>
    /// <param name="hasBias">Whether it has a bias.</param>
    /// <param name="gain">A LayerScale behind it, which goes into its weights; null for none.</param>
    public string Linear(string x, string name, long inputs, long outputs, bool hasBias = true, string? gain = null)
    {
        var weight = parameters.TakeLinear($"{name}.weight", outputs, inputs);
        var bias = hasBias ? parameters.Take($"{name}.bias", outputs) : null;
        if (gain is not null)
        {
            var factors = parameters.Take(gain, outputs);
            weight = TensorMath.ScaleRows(weight, factors);
            bias = bias is null ? null : TensorMath.ScaleRows(bias, factors);
        }

        return Product(x, name, weight, bias);
    }

    /// <summary>The linear layer into the shared space.</summary>
    public string Project(string x, string name, long inputs, long outputs, bool hasBias)
    {
        var weight = parameters.TakeProjection($"{name}.weight", outputs, inputs);
        return Product(x, name, weight, hasBias ? parameters.Take($"{name}.bias", outputs) : null);
    }

    /// <summary>A linear layer of given values, [out, in].</summary>
    public string Product(string x, string name, WeightTensor weight, WeightTensor? bias)
    {
        Multiplications += Places * (double)weight.Shape[0] * weight.Shape[1];
        var matrix = graph.Weight($"{name}.weight", weight);
        return bias is null
            ? graph.Op("Gemm", [x, matrix], Attribute("transB", 1L))
            : graph.Op("Gemm", [x, matrix, graph.Weight($"{name}.bias", bias)], Attribute("transB", 1L));
    }

    /// <summary>x·P with a matrix [in, out], as CLIP's own projections are.</summary>
    public string Project(string x, string name, long inputs, long outputs)
    {
        Multiplications += (double)inputs * outputs;
        return graph.Op("MatMul", [x, graph.Weight(name, parameters.TakeProjection(name, inputs, outputs))]);
    }

    /// <summary>Counts an attention's two products of activations.</summary>
    public void CountAttention(double queries, double keys, double width) => Multiplications += 2 * queries * keys * width;

    /// <summary>Normalizes over the last axis, and applies gain and bias.</summary>
    public string LayerNorm(string x, string name, long width, double eps) => LayerNorm(
        x,
        graph.Weight($"{name}.weight", parameters.Take($"{name}.weight", width)),
        graph.Weight($"{name}.bias", parameters.Take($"{name}.bias", width)),
        eps);

    public string LayerNorm(string x, string gain, string bias, double eps) => graph.Op(
        "LayerNormalization", [x, gain, bias], Attribute("axis", -1L), Attribute("epsilon", (float)eps));

    /// <summary>x/√(mean x² + ε)·gain over the last axis: no mean is taken off, and there is no bias.</summary>
    public string RmsNorm(string x, string name, long width, double eps)
    {
        var square = graph.Op("ReduceMean", [graph.Op("Mul", [x, x]), graph.Vector(-1)], Attribute("keepdims", 1L));
        var root = graph.Op("Sqrt", [graph.Op("Add", [square, graph.Scalar((float)eps)])]);
        return graph.Op("Mul", [graph.Op("Div", [x, root]), Weight($"{name}.weight", width)]);
    }

    public string Activate(string x, Nonlinearity kind) => kind switch
    {
        Nonlinearity.Gelu => graph.Op("Gelu", [x]),
        Nonlinearity.GeluTanh => graph.Op("Gelu", [x], Attribute("approximate", "tanh")),
        Nonlinearity.QuickGelu => graph.Op("Mul", [x, graph.Op("Sigmoid", [graph.Op("Mul", [x, graph.Scalar(1.702f)])])]),
        Nonlinearity.Silu => graph.Op("Mul", [x, graph.Op("Sigmoid", [x])]),
        Nonlinearity.Relu => graph.Op("Relu", [x]),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a nonlinearity."),
    };

    /// <summary>A convolution with square kernels.</summary>
    /// <param name="x">[items, channels, height, width].</param>
    /// <param name="name">What the weights are called in the graph.</param>
    /// <param name="weight">[outputs, inputs a group, k, k].</param>
    /// <param name="bias">[outputs]; null for none.</param>
    /// <param name="shape">How it goes over the grid.</param>
    public string Convolve(string x, string name, WeightTensor weight, WeightTensor? bias, Stride shape)
    {
        var kernel = weight.Shape[^1];
        Multiplications += (double)weight.Shape[0] * weight.Shape[1] * kernel * kernel * shape.SideBehind * shape.SideBehind;
        string[] inputs = bias is null
            ? [x, graph.Weight($"{name}.weight", weight)]
            : [x, graph.Weight($"{name}.weight", weight), graph.Weight($"{name}.bias", bias)];
        var attributes = new List<AttributeProto>
        {
            Attribute("kernel_shape", kernel, kernel), Attribute("strides", shape.Step, shape.Step),
        };
        // Patches of the picture say nothing of padding: by that the rewriting for 8 bits knows them from other convolutions.
        var padding = shape.Padding ?? kernel / 2;
        var isOfPicture = graph.Graph.Input.Any(input => input.Name == x);
        if (padding > 0 || !isOfPicture) attributes.Add(Attribute("pads", padding, padding, padding, padding));
        if (shape.Groups > 1) attributes.Add(Attribute("group", (long)shape.Groups));
        return graph.Op("Conv", inputs, attributes.ToArray());
    }

    /// <summary>A convolution whose weights are taken as they are.</summary>
    public string Convolve(string x, string name, long inputs, long outputs, int kernel, Stride shape, bool hasBias = true) => Convolve(
        x, name,
        parameters.Take($"{name}.weight", outputs, inputs / shape.Groups, kernel, kernel),
        hasBias ? parameters.Take($"{name}.bias", outputs) : null,
        shape);

    /// <summary>An image cut into square patches, each a row: [items, patches, width].</summary>
    public string Patches(string pixels, string name, int width, int patch, int side, bool hasBias) =>
        Rows(Convolve(pixels, name, 3, width, patch, new Stride(side) { Step = patch, Padding = 0 }, hasBias), width);

    /// <summary>[items, channels, height, width] → [items, height · width, channels].</summary>
    public string Rows(string grid, long channels) => Transpose(Reshape(grid, 0, channels, -1), 0, 2, 1);

    /// <summary>The mean over the grid: [items, channels, height, width] → [items, channels].</summary>
    public string GridMean(string grid) => graph.Op("ReduceMean", [grid, graph.Vector(2, 3)], Attribute("keepdims", 0L));

    /// <summary>A token in front of each item's: [items, 1 + tokens, width].</summary>
    public string Prepend(string token, string rows, string pixels, int width)
    {
        var count = graph.Op("Shape", [pixels], Attribute("start", 0L), Attribute("end", 1L));
        var shape = graph.Op("Concat", [count, graph.Vector(1, width)], Attribute("axis", 0L));
        return graph.Op("Concat", [graph.Op("Expand", [token, shape]), rows], Attribute("axis", 1L));
    }

    /// <summary>One token of each item: [items · tokens, width] → [items, width].</summary>
    public string Pick(string rows, long tokens, long width, long place) =>
        graph.Op("Gather", [Reshape(rows, -1, tokens, width), graph.Scalar(place)], Attribute("axis", 1L));

    /// <summary>The mean of each item's tokens from one on: [items · tokens, width] → [items, width].</summary>
    public string Mean(string rows, long tokens, long width, long from)
    {
        var byItem = Reshape(rows, -1, tokens, width);
        if (from > 0) byItem = graph.Op("Slice", [byItem, graph.Vector(from), graph.Vector(tokens), graph.Vector(1)]);
        return graph.Op("ReduceMean", [byItem, graph.Vector(1)], Attribute("keepdims", 0L));
    }
}

/// <summary>How a convolution goes over a square grid.</summary>
/// <param name="Side">Side of the grid that comes in.</param>
internal readonly record struct Stride(int Side)
{
    /// <summary>Places from one window to the next.</summary>
    public int Step { get; init; } = 1;

    /// <summary>Zeros around; null for those that keep an odd kernel's grid: half the kernel.</summary>
    public int? Padding { get; init; }

    public int Groups { get; init; } = 1;

    /// <summary>Side of the grid that goes out, for padding of half the kernel or none under patches.</summary>
    public int SideBehind => Padding == 0 ? Side / Step : (Side + Step - 1) / Step;
}
