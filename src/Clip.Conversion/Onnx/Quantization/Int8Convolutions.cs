using System.Runtime.InteropServices;
using Clip.Conversion.Onnx.Format;
using Google.Protobuf;
using DataType = Clip.Conversion.Onnx.Format.TensorProto.Types.DataType;

namespace Clip.Conversion.Onnx.Quantization;

/// <summary>
/// Rewrites a ResNet's convolutions, sums and pools for 8 bits with scales that are known beforehand: <c>QLinearConv</c>, whose bytes
/// cannot lie below 0 where a ReLU follows and thus are rectified, and ONNX Runtime's <c>QLinearAdd</c> and
/// <c>QLinearAveragePool</c>. What lies between two of them stays bytes. Batch norms are in the weights already.
/// </summary>
internal sealed class Int8Convolutions
{
    private readonly GraphProto _graph;
    private readonly ActivationRanges _ranges;
    private readonly Int8Options _options;
    private readonly ConvolutionChain _chain;
    private readonly Dictionary<string, TensorProto> _initializers;
    private readonly List<NodeProto> _nodes = [];

    /// <summary>Float values by name: their bytes, and the key of their range.</summary>
    private readonly Dictionary<string, (string Bytes, string Key)> _bytes = [];

    private readonly HashSet<string> _floats;
    private readonly HashSet<NodeProto> _done = [];

    private Int8Convolutions(GraphProto graph, Int8Options options)
    {
        (_graph, _options, _ranges) = (graph, options, options.Activations!);
        _chain = new ConvolutionChain(graph);
        _initializers = graph.Initializer.ToDictionary(t => t.Name);
        _floats = [.. graph.Input.Select(i => i.Name), .. _initializers.Keys];
    }

    /// <summary>Rewrites the graph in place, but for the weights that are to stay float.</summary>
    public static void Apply(GraphProto graph, Int8Options options) => new Int8Convolutions(graph, options).Rewrite();

    private void Rewrite()
    {
        foreach (var node in _graph.Node)
        {
            if (_done.Contains(node)) continue;
            if (_chain.WeightOf(node) is { } weight && !_options.FloatWeights.Contains(weight)) Convolve(node, weight);
            else if (_chain.SumKey(node) is { } key && node.Input.Any(_bytes.ContainsKey) && node.Input.All(IsRanged)) Sum(node, key);
            else if (node.OpType == "AveragePool" && _bytes.ContainsKey(node.Input[0])) Pool(node);
            else Keep(node);
        }

        _graph.Node.Clear();
        _graph.Node.AddRange(_nodes);
    }

    private void Convolve(NodeProto node, string weight)
    {
        var (input, inputKey) = Bytes(node.Input[0]);
        var tensor = _initializers[weight];
        var outputs = (int)tensor.Dims[0];
        var matrix = Int8Matrix.Quantize(weight, Floats(tensor), outputs, _options.Range);
        var inputScale = _ranges.Bytes(inputKey).Scale;
        var bias = Floats(_initializers[node.Input[2]]);
        var sums = new int[outputs];
        // What the products are summed in has the scale of both factors. The clamp is for a channel whose weights are all but 0.
        for (var c = 0; c < outputs; c++)
            sums[c] = (int)Math.Clamp(Math.Round(bias[c] / ((double)inputScale * matrix.Scales[c])), -(1 << 30), 1 << 30);
        string[] names = [$"{weight}_int8", $"{weight}_scale", $"{weight}_zero", $"{weight}_bias"];
        AddInitializer(names[0], [.. tensor.Dims], DataType.Int8, (byte[])(object)matrix.Numbers);
        AddInitializer(names[1], [outputs], DataType.Float, Raw<float>(matrix.Scales));
        AddInitializer(names[2], [outputs], DataType.Int8, new byte[outputs]);
        AddInitializer(names[3], [outputs], DataType.Int32, Raw<int>(sums));
        string[] inputs = [input, .. Parameters(inputKey), names[0], names[1], names[2], .. Parameters(weight), names[3]];
        Write(node, "QLinearConv", "", weight, inputs);
    }

    private void Sum(NodeProto node, string key)
    {
        var (left, leftKey) = Bytes(node.Input[0]);
        var (right, rightKey) = Bytes(node.Input[1]);
        Write(node, "QLinearAdd", "com.microsoft", key, [left, .. Parameters(leftKey), right, .. Parameters(rightKey), .. Parameters(key)]);
    }

    private void Pool(NodeProto node)
    {
        var (input, key) = Bytes(node.Input[0]);
        Write(node, "QLinearAveragePool", "com.microsoft", key, [input, .. Parameters(key), .. Parameters(key)]);
    }

    /// <summary>Adds an operator on bytes in place of a float one, and of the ReLU behind it.</summary>
    private void Write(NodeProto node, string op, string domain, string key, string[] inputs)
    {
        var relu = _chain.Rectified(node);
        if (relu is not null) _done.Add(relu);
        var value = (relu ?? node).Output[0];
        var output = $"{value}/bytes";
        _nodes.Add(new NodeProto
        {
            OpType = op,
            Domain = domain,
            Name = node.Name,
            Input = { inputs },
            Output = { output },
            Attribute = { node.Attribute },
        });
        _bytes[value] = (output, key);
    }

    /// <summary>A node stays as it is, and what it reads is made float.</summary>
    private void Keep(NodeProto node)
    {
        foreach (var input in node.Input)
        {
            if (!_bytes.TryGetValue(input, out var bytes) || !_floats.Add(input)) continue;
            _nodes.Add(new NodeProto
            {
                OpType = "DequantizeLinear",
                Name = $"{input}/float",
                Input = { bytes.Bytes, Parameters(bytes.Key) },
                Output = { input },
            });
        }

        _nodes.Add(node);
        _floats.UnionWith(node.Output);
    }

    /// <summary>A value's bytes, made of the float ones where there are none yet.</summary>
    private (string Bytes, string Key) Bytes(string value)
    {
        if (_bytes.TryGetValue(value, out var known)) return known;
        var key = Key(value);
        var bytes = $"{value}/bytes";
        _nodes.Add(new NodeProto { OpType = "QuantizeLinear", Name = bytes, Input = { value, Parameters(key) }, Output = { bytes } });
        return _bytes[value] = (bytes, key);
    }

    private bool IsRanged(string value) => _bytes.ContainsKey(value) || _chain.Points.ContainsKey(value) || PooledFrom(value) is not null;

    /// <summary>The key of a value's range; a mean of several values lies where they do.</summary>
    private string Key(string value) => _chain.Points.TryGetValue(value, out var key) ? key : _chain.Points[PooledFrom(value)!];

    private string? PooledFrom(string value) =>
        _graph.Node.FirstOrDefault(n => n.Output[0] == value) is { OpType: "AveragePool" } pool && _chain.Points.ContainsKey(pool.Input[0])
            ? pool.Input[0]
            : null;

    /// <summary>The names of a range's scale and zero, which are added at their first use.</summary>
    private string[] Parameters(string key)
    {
        string[] names = [$"{key}/range/scale", $"{key}/range/zero"];
        if (_initializers.ContainsKey(names[0])) return names;
        var (scale, zero) = _ranges.Bytes(key);
        AddInitializer(names[0], [], DataType.Float, Raw<float>([scale]));
        AddInitializer(names[1], [], DataType.Uint8, [zero]);
        return names;
    }

    private void AddInitializer(string name, long[] shape, DataType type, byte[] bytes)
    {
        var tensor = new TensorProto { Name = name, Dims = { shape }, DataType = type, RawData = UnsafeByteOperations.UnsafeWrap(bytes) };
        _initializers.Add(name, tensor);
        _graph.Initializer.Add(tensor);
    }

    private static ReadOnlySpan<float> Floats(TensorProto tensor) => MemoryMarshal.Cast<byte, float>(tensor.RawData.Span);

    private static byte[] Raw<T>(T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
}
