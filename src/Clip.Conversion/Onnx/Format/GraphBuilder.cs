using System.Globalization;
using System.Runtime.InteropServices;
using Clip.Conversion.Checkpoints;
using Google.Protobuf;
using DataType = Clip.Conversion.Onnx.Format.TensorProto.Types.DataType;

namespace Clip.Conversion.Onnx.Format;

/// <summary>A dimension of a graph's input or output: a number, or a name for one that is known when the graph runs.</summary>
internal readonly record struct Dim(long? Size, string? Name)
{
    public static implicit operator Dim(long size) => new(size, null);

    public static implicit operator Dim(string name) => new(null, name);
}

/// <summary>Collects the nodes and weights of an ONNX graph. A value is the name of what a node puts out.</summary>
internal sealed class GraphBuilder(string name)
{
    private readonly GraphProto _graph = new() { Name = name };
    private readonly HashSet<string> _names = [];
    private readonly Dictionary<string, WeightTensor> _weights = [];
    private string _scope = "";

    public GraphProto Graph => _graph;

    /// <summary>The weights by the names they have in the graph.</summary>
    public IReadOnlyDictionary<string, WeightTensor> Weights => _weights;

    /// <summary>Names the nodes that follow, as a graph viewer shows them.</summary>
    public void Scope(string scope) => _scope = scope;

    public string Input(string value, DataType type, params ReadOnlySpan<Dim> dims)
    {
        _graph.Input.Add(Describe(value, type, dims));
        return value;
    }

    public void Output(string value, string output, params ReadOnlySpan<Dim> dims)
    {
        _graph.Node.Add(new NodeProto { OpType = "Identity", Name = output, Input = { value }, Output = { output } });
        _graph.Output.Add(Describe(output, DataType.Float, dims));
    }

    /// <summary>Adds a weight whose memory is read only when the file is written.</summary>
    public string Weight(string name, WeightTensor weight)
    {
        if (!_names.Add(name)) return name;
        _weights.Add(name, weight);
        _graph.Initializer.Add(new TensorProto
        {
            Name = name,
            Dims = { weight.Shape },
            DataType = DataType.Float,
            RawData = UnsafeByteOperations.UnsafeWrap(new FloatBytes(weight.Data).Memory),
        });
        return name;
    }

    public string Scalar(float value) => Weight(value.ToString("R", CultureInfo.InvariantCulture), new WeightTensor([], new[] { value }));

    public string Scalar(long value) => Integers($"int {value}", [], [value]);

    /// <summary>A one-dimensional constant: a shape, a list of axes.</summary>
    public string Vector(params long[] values) => Integers($"ints {string.Join(',', values)}", [values.Length], values);

    public string Op(string op, ReadOnlySpan<string> inputs, params ReadOnlySpan<AttributeProto> attributes)
    {
        var output = $"{_scope}/{op}_{_graph.Node.Count}";
        var node = new NodeProto { OpType = op, Name = output, Output = { output } };
        foreach (var input in inputs) node.Input.Add(input);
        foreach (var attribute in attributes) node.Attribute.Add(attribute);
        _graph.Node.Add(node);
        return output;
    }

    public static AttributeProto Attribute(string name, long value) =>
        new() { Name = name, I = value, Type = AttributeProto.Types.AttributeType.Int };

    public static AttributeProto Attribute(string name, float value) =>
        new() { Name = name, F = value, Type = AttributeProto.Types.AttributeType.Float };

    public static AttributeProto Attribute(string name, string value) =>
        new() { Name = name, S = ByteString.CopyFromUtf8(value), Type = AttributeProto.Types.AttributeType.String };

    public static AttributeProto Attribute(string name, params long[] values) =>
        new() { Name = name, Ints = { values }, Type = AttributeProto.Types.AttributeType.Ints };

    private string Integers(string name, long[] shape, long[] values)
    {
        if (_names.Add(name))
            _graph.Initializer.Add(new TensorProto
            {
                Name = name,
                Dims = { shape },
                DataType = DataType.Int64,
                RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan())),
            });
        return name;
    }

    private static ValueInfoProto Describe(string name, DataType type, ReadOnlySpan<Dim> dims)
    {
        var shape = new TensorShapeProto();
        foreach (var dim in dims)
            shape.Dim.Add(dim.Size is { } size
                ? new TensorShapeProto.Types.Dimension { DimValue = size }
                : new TensorShapeProto.Types.Dimension { DimParam = dim.Name });
        var tensor = new TypeProto.Types.Tensor { ElemType = type, Shape = shape };
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } };
    }
}
