using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip.Tests.Models;

/// <summary>Writes small ONNX graphs; field numbers are onnx.proto's.</summary>
internal sealed class OnnxGraph
{
    public const int Float = 1;
    public const int UInt8 = 2;
    public const int Int8 = 3;
    public const int Int32 = 6;
    public const int Int64 = 7;
    public const int Float16 = 10;

    private readonly Proto _graph = new Proto().Add(2, "tiny");
    private readonly List<byte> _external = [];
    private readonly string? _externalName;

    /// <param name="externalName">Where float weights go, if not into the file itself.</param>
    public OnnxGraph(string? externalName = null) => _externalName = externalName;

    public void Input(string name, int type, params object[] shape) => _graph.Add(11, Value(name, type, shape));

    public void Output(string name, int type, params object[] shape) => _graph.Add(12, Value(name, type, shape));

    public string Node(string op, string output, string[] inputs, params (string Name, long Value)[] attributes)
    {
        Node(op, [output], inputs, attributes);
        return output;
    }

    public void Node(string op, string[] outputs, string[] inputs, params (string Name, long Value)[] attributes)
    {
        var node = new Proto();
        foreach (var input in inputs) node.Add(1, input);
        foreach (var output in outputs) node.Add(2, output);
        node.Add(3, outputs[0]).Add(4, op);
        node.AddAll(5, attributes, a => new Proto().Add(1, a.Name).Add(3, a.Value).Add(20, 2));
        _graph.Add(1, node);
    }

    public string Weights(string name, float[] values, params long[] shape)
    {
        var bytes = MemoryMarshal.AsBytes(values.AsSpan());
        var tensor = Tensor(name, Float, shape);
        if (_externalName is null)
        {
            tensor.Add(9, bytes);
        }
        else
        {
            (string Key, string Value)[] where =
                [("location", _externalName), ("offset", $"{_external.Count}"), ("length", $"{bytes.Length}")];
            tensor.AddAll(13, where, e => new Proto().Add(1, e.Key).Add(2, e.Value)).Add(14, 1);
            _external.AddRange(bytes);
        }

        _graph.Add(5, tensor);
        return name;
    }

    public string Constant(string name, long[] values, int type = Int64, params long[] shape)
    {
        byte[] bytes = type switch
        {
            Int64 => [.. MemoryMarshal.AsBytes(values.AsSpan())],
            Int32 => [.. MemoryMarshal.AsBytes(values.Select(v => (int)v).ToArray().AsSpan())],
            _ => [.. values.Select(v => unchecked((byte)v))],
        };
        _graph.Add(5, Tensor(name, type, shape).Add(9, bytes));
        return name;
    }

    public void Save(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, new Proto().Add(1, 8).Add(8, new Proto().Add(1, "").Add(2, 17)).Add(7, _graph).ToArray());
        if (_externalName is not null) File.WriteAllBytes(Path.Combine(Path.GetDirectoryName(path)!, _externalName), _external.ToArray());
    }

    public static Proto Tensor(string name, int type, long[] shape)
    {
        var tensor = new Proto();
        foreach (var dimension in shape) tensor.Add(1, dimension);
        return tensor.Add(2, type).Add(8, name);
    }

    public static Proto Value(string name, int type, object[] shape)
    {
        var dimensions = new Proto();
        foreach (var size in shape)
            dimensions.Add(1, size is string symbol ? new Proto().Add(2, symbol) : new Proto().Add(1, (int)size));
        return new Proto().Add(1, name).Add(2, new Proto().Add(1, new Proto().Add(1, type).Add(2, dimensions)));
    }
}
