using System.Collections.Frozen;
using System.Runtime.InteropServices;
using Clip.Conversion.Onnx.Format;
using Google.Protobuf;
using static Clip.Conversion.Onnx.Format.GraphBuilder;
using DataType = Clip.Conversion.Onnx.Format.TensorProto.Types.DataType;

namespace Clip.Conversion.Onnx.Quantization;

/// <summary>What to leave in float, and how far the 8-bit numbers may go.</summary>
internal sealed record Int8Options
{
    /// <summary>Names of weights that stay float32: at least the layout's projections into the shared space.</summary>
    public required IReadOnlySet<string> FloatWeights { get; init; }

    /// <summary><see cref="Int8Matrix.FullRange"/> or <see cref="Int8Matrix.ReducedRange"/>.</summary>
    public int Range { get; init; } = Int8Matrix.FullRange;

    /// <summary>
    /// Where a ResNet's activations lie; null leaves its convolutions in float, for scales found while running cost more than they gain.
    /// </summary>
    public ActivationRanges? Activations { get; init; }
}

/// <summary>
/// Rewrites a graph for 8 bits: products with a constant matrix, the patch convolution, which is such a product, and tables that rows
/// are gathered from. Attention's products of two activations, sums and normalizations stay float32.
/// </summary>
/// <remarks>
/// The products are ONNX Runtime's <c>DynamicQuantizeMatMul</c> (domain <c>com.microsoft</c>): it rounds its input, all rows of the
/// batch alike, to bytes between its smallest and largest value, multiplies bytes and scales the sums back. Rows that share a batch
/// thus share a scale, and a feature depends, within the precision of 8 bits, on its batch. Rounding once what query, key and value all
/// read (<c>DynamicQuantizeLinear</c>, <c>MatMulIntegerToFloat</c>) measured no faster.
/// </remarks>
internal sealed class Int8Graph
{
    private const string Microsoft = "com.microsoft";

    private readonly GraphProto _graph;
    private readonly Int8Options _options;
    private readonly Dictionary<string, TensorProto> _weights;
    private readonly List<NodeProto> _nodes = [];
    private readonly HashSet<string> _added = [];

    private Int8Graph(GraphProto graph, Int8Options options)
    {
        _graph = graph;
        _options = options;
        _weights = graph.Initializer.Where(t => t.DataType == DataType.Float && t.Dims.Count >= 2).ToDictionary(t => t.Name);
    }

    /// <summary>Rewrites the graph in place.</summary>
    /// <exception cref="ClipException">A weight has a value that is not finite.</exception>
    public static void Apply(GraphProto graph, Int8Options options)
    {
        if (options.Activations is not null) Int8Convolutions.Apply(graph, options);
        new Int8Graph(graph, options).Rewrite();
    }

    /// <summary>The weights that would be 8 bits, in the order they are used.</summary>
    /// <param name="graph">The graph in float32.</param>
    /// <param name="activations">The ranges that a ResNet's convolutions need.</param>
    public static IReadOnlyList<string> Weights(GraphProto graph, ActivationRanges? activations = null)
    {
        var pass = new Int8Graph(graph, new Int8Options { FloatWeights = FrozenSet<string>.Empty });
        var chain = activations is null ? null : new ConvolutionChain(graph);
        return [.. graph.Node.Select(n => chain?.WeightOf(n) ?? pass.Constant(n)?.Name).OfType<string>().Distinct()];
    }

    private void Rewrite()
    {
        foreach (var node in _graph.Node)
        {
            if (Constant(node) is not { } weight || _options.FloatWeights.Contains(weight.Name)) _nodes.Add(node);
            else if (node.OpType == "Gather") RewriteGather(node, weight);
            else if (node.OpType == "Conv") RewriteConvolution(node, weight);
            else RewriteProduct(node, weight);
        }

        _graph.Node.Clear();
        _graph.Node.AddRange(_nodes);
        var used = _nodes.SelectMany(n => n.Input).ToHashSet();
        foreach (var unused in _graph.Initializer.Where(t => !used.Contains(t.Name)).ToArray()) _graph.Initializer.Remove(unused);
    }

    /// <summary>The constant matrix of a node that can be computed in 8 bits; null for any other node.</summary>
    private TensorProto? Constant(NodeProto node)
    {
        var position = node.OpType == "Gather" ? 0 : 1;
        if (node.Input.Count <= position || !_weights.TryGetValue(node.Input[position], out var weight)) return null;
        var suits = node.OpType switch
        {
            // PyTorch's layout, and nothing scaled.
            "Gemm" => node.Attribute is [{ Name: "transB", I: 1 }],
            "MatMul" => weight.Dims.Count == 2,
            "Gather" => weight.Dims.Count == 2 && node.Attribute.All(a => a.Name == "axis" && a.I == 0),
            "Conv" => weight.Dims.Count == 4 && IsPatchwise(node, weight),
            _ => false,
        };
        return suits ? weight : null;
    }

    private void RewriteProduct(NodeProto node, TensorProto weight)
    {
        string numbers, scales;
        if (node.OpType == "Gemm") (numbers, scales) = Columns(weight, Floats(weight), (int)weight.Dims[0]);
        else (numbers, scales) = Columns(weight, Transposed(weight), (int)weight.Dims[1]);
        Product(node.Name, node.Input[0], numbers, scales, node.Input.Count > 2 ? node.Input[2] : null, node.Output[0]);
    }

    /// <summary>
    /// Rows of a table: 8-bit numbers with a scale a row, for the largest value of one token says nothing about another's. Both are
    /// gathered, then multiplied.
    /// </summary>
    private void RewriteGather(NodeProto node, TensorProto table)
    {
        int rows = (int)table.Dims[0], columns = (int)table.Dims[1];
        var matrix = Int8Matrix.Quantize(table.Name, Floats(table), rows, _options.Range);
        var (numbers, scales) = Add(table.Name, matrix.Numbers, [rows, columns], matrix.Scales, [rows, 1]);
        var name = node.Name;
        Node("Gather", $"{name}/numbers", [numbers, node.Input[1]], $"{name}/numbers");
        Node("Gather", $"{name}/scales", [scales, node.Input[1]], $"{name}/scales");
        Node("Cast", $"{name}/Cast", [$"{name}/numbers"], $"{name}/float", Attribute("to", (long)DataType.Float));
        Node("Mul", $"{name}/Mul", [$"{name}/float", $"{name}/scales"], node.Output[0]);
    }

    /// <summary>A convolution whose windows do not overlap is a matrix product of the image cut into patches.</summary>
    private void RewriteConvolution(NodeProto node, TensorProto weight)
    {
        long width = weight.Dims[0], patch = weight.Dims[2], area = weight.Dims[1] * patch * patch;
        var grid = ImageSide(node.Input[0])!.Value / patch;
        var (numbers, scales) = Columns(weight, Floats(weight), (int)width);
        var name = node.Name;
        Node("Reshape", $"{name}/cut", [node.Input[0], Vector(-1, 3, grid, patch, grid, patch)], $"{name}/cut");
        Node("Transpose", $"{name}/order", [$"{name}/cut"], $"{name}/order", Attribute("perm", 0, 2, 4, 1, 3, 5));
        Node("Reshape", $"{name}/rows", [$"{name}/order", Vector(-1, grid * grid, area)], $"{name}/rows");
        Product($"{name}/product", $"{name}/rows", numbers, scales, node.Input.Count > 2 ? node.Input[2] : null, $"{name}/product");
        Node("Transpose", $"{name}/channels", [$"{name}/product"], $"{name}/channels", Attribute("perm", 0, 2, 1));
        Node("Reshape", $"{name}/image", [$"{name}/channels", Vector(-1, width, grid, grid)], node.Output[0]);
    }

    private void Product(string name, string input, string numbers, string scales, string? bias, string output)
    {
        // No zero point: the numbers are symmetric.
        string[] inputs = bias is null ? [input, numbers, scales] : [input, numbers, scales, "", bias];
        Node("DynamicQuantizeMatMul", name, inputs, output);
        _nodes[^1].Domain = Microsoft;
    }

    private void Node(string op, string name, string[] inputs, string output, params AttributeProto[] attributes) =>
        _nodes.Add(new NodeProto { OpType = op, Name = name, Input = { inputs }, Output = { output }, Attribute = { attributes } });

    /// <summary>Adds the 8-bit form of a matrix given as [out, in], as [in, out] with a scale for each column.</summary>
    private (string Numbers, string Scales) Columns(TensorProto weight, ReadOnlySpan<float> values, int outputs)
    {
        if (_added.Contains(weight.Name)) return Names(weight.Name);
        var matrix = Int8Matrix.Quantize(weight.Name, values, outputs, _options.Range);
        return Add(weight.Name, matrix.TransposedNumbers(), [values.Length / outputs, outputs], matrix.Scales, [outputs]);
    }

    private (string Numbers, string Scales) Add(string weight, sbyte[] numbers, long[] shape, float[] scales, long[] scaleShape)
    {
        var (numbersName, scalesName) = Names(weight);
        if (!_added.Add(weight)) return (numbersName, scalesName);
        AddInitializer(numbersName, shape, DataType.Int8, (byte[])(object)numbers);
        AddInitializer(scalesName, scaleShape, DataType.Float, MemoryMarshal.AsBytes(scales.AsSpan()).ToArray());
        return (numbersName, scalesName);
    }

    private string Vector(params long[] values)
    {
        var name = $"ints {string.Join(',', values)}";
        if (_graph.Initializer.All(t => t.Name != name))
            AddInitializer(name, [values.Length], DataType.Int64, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
        return name;
    }

    private void AddInitializer(string name, long[] shape, DataType type, byte[] bytes) => _graph.Initializer.Add(
        new TensorProto { Name = name, Dims = { shape }, DataType = type, RawData = UnsafeByteOperations.UnsafeWrap(bytes) });

    private static (string Numbers, string Scales) Names(string weight) => ($"{weight}_int8", $"{weight}_scale");

    private static ReadOnlySpan<float> Floats(TensorProto tensor) => MemoryMarshal.Cast<byte, float>(tensor.RawData.Span);

    private static float[] Transposed(TensorProto matrix)
    {
        int rows = (int)matrix.Dims[0], columns = (int)matrix.Dims[1];
        var values = Floats(matrix);
        var transposed = new float[values.Length];
        for (var r = 0; r < rows; r++)
        {
            for (var c = 0; c < columns; c++) transposed[c * rows + r] = values[r * columns + c];
        }

        return transposed;
    }

    /// <summary>Whether a convolution's windows tile an image that the graph is given.</summary>
    private bool IsPatchwise(NodeProto node, TensorProto weight) =>
        node.Attribute.Count == 2
        && node.Attribute.All(a => a.Name is "kernel_shape" or "strides" && a.Ints.All(i => i == weight.Dims[2] && i == weight.Dims[3]))
        && ImageSide(node.Input[0]) is { } side
        && side % weight.Dims[2] == 0;

    /// <summary>The side of a square image that the graph is given with 3 channels; null for any other value.</summary>
    private long? ImageSide(string value)
    {
        var dims = _graph.Input.FirstOrDefault(i => i.Name == value)?.Type.TensorType.Shape.Dim;
        return dims is [_, { DimValue: 3 }, { DimValue: > 0 } height, var width] && height.Equals(width) ? height.DimValue : null;
    }
}
