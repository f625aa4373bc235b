using System.Runtime.InteropServices;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Onnx;
using Clip.Conversion.Onnx.Format;
using static Clip.Conversion.Onnx.Format.GraphBuilder;
using DataType = Clip.Conversion.Onnx.Format.TensorProto.Types.DataType;

namespace Clip.Bench;

/// <summary>Our image tower with operators of ONNX Runtime's own (domain <c>com.microsoft</c>) in place of several plain ones.</summary>
internal sealed class FusedOperators
{
    private readonly GraphProto _graph;
    private readonly Dictionary<string, NodeProto> _producers;
    private readonly List<NodeProto> _nodes = [];

    private FusedOperators(GraphProto graph)
    {
        _graph = graph;
        _producers = graph.Node.ToDictionary(n => n.Output[0]);
    }

    /// <summary>Cutting into heads, scores, softmax, mixing and joining as one <c>MultiHeadAttention</c>.</summary>
    public static void WriteAttention(ClipConfig config, IReadOnlyDictionary<string, WeightTensor> weights, string path) =>
        Write(config, weights, path, fused => fused.FuseAttention);

    /// <summary>Each sum that a LayerNorm follows as one <c>SkipLayerNormalization</c>, which gives the sum as well.</summary>
    public static void WriteSkipNorms(ClipConfig config, IReadOnlyDictionary<string, WeightTensor> weights, string path) =>
        Write(config, weights, path, fused => fused.FuseNorm);

    private static void Write(
        ClipConfig config, IReadOnlyDictionary<string, WeightTensor> weights, string path, Func<FusedOperators, Func<NodeProto, bool>> pass)
    {
        var graph = ClipOnnxExporter.Graph(ClipOnnxExporter.VisionStem, config, weights);
        var fused = new FusedOperators(graph);
        var fuse = pass(fused);
        foreach (var node in graph.Node)
        {
            if (!fuse(node)) fused._nodes.Add(node);
        }

        if (fused._nodes.All(n => n.Domain.Length == 0)) throw new InvalidDataException("Nothing in the graph could be fused.");
        graph.Node.Clear();
        graph.Node.AddRange(fused._nodes);
        fused.RemoveUnused();
        ModelFile.Write(graph, path, ModelFile.MaxInlineBytes);
    }

    /// <summary>Replaces the last node of an attention: the join of what the softmax has mixed.</summary>
    private bool FuseAttention(NodeProto join)
    {
        if (join.OpType != "Reshape" || Producer(join, "Transpose") is not { } order || Producer(order, "MatMul") is not { } mix
            || Producer(mix, "Softmax") is not { } softmax || Producer(softmax, "MatMul") is not { } scores)
            return false;
        var heads = Sizes(Cut(scores.Input[0]).Input[1])[2];
        var name = join.Name;
        Add(
            "MultiHeadAttention",
            name + "/fused",
            [Rows(scores.Input[0]), Rows(scores.Input[1]), Rows(mix.Input[1])],
            Attribute("num_heads", heads),
            Attribute("scale", 1f));
        _nodes.Add(new NodeProto
        {
            OpType = "Reshape",
            Name = name,
            Input = { name + "/fused", join.Input[1] },
            Output = { join.Output[0] },
        });
        return true;

        string Rows(string value)
        {
            var cut = Cut(value);
            var sizes = Sizes(cut.Input[1]);
            var rows = $"{name}/{value}";
            var shape = Constant([-1, sizes[1], sizes[2] * sizes[3]]);
            _nodes.Add(new NodeProto { OpType = "Reshape", Name = rows, Input = { cut.Input[0], shape }, Output = { rows } });
            return rows;
        }
    }

    private bool FuseNorm(NodeProto norm)
    {
        if (norm.OpType != "LayerNormalization" || Producer(norm, "Add") is not { } sum
            || sum.Input.Any(i => !_producers.ContainsKey(i)) || !_nodes.Remove(sum))
            return false;
        var epsilon = Attribute("epsilon", norm.Attribute.Single(a => a.Name == "epsilon").F);
        Add("SkipLayerNormalization", norm.Output[0], [sum.Input[0], sum.Input[1], norm.Input[1], norm.Input[2]], epsilon);
        _nodes[^1].Output.Add(["", "", sum.Output[0]]);
        return true;
    }

    /// <summary>The reshape behind transposes that cuts rows into heads.</summary>
    private NodeProto Cut(string value)
    {
        var node = _producers[value];
        while (node.OpType == "Transpose") node = _producers[node.Input[0]];
        return node;
    }

    private NodeProto? Producer(NodeProto node, string op) =>
        _producers.TryGetValue(node.Input[0], out var producer) && producer.OpType == op ? producer : null;

    private long[] Sizes(string constant) =>
        MemoryMarshal.Cast<byte, long>(_graph.Initializer.Single(t => t.Name == constant).RawData.Span).ToArray();

    private void Add(string op, string output, string[] inputs, params AttributeProto[] attributes) => _nodes.Add(
        new NodeProto
        {
            OpType = op,
            Domain = "com.microsoft",
            Name = output,
            Input = { inputs },
            Output = { output },
            Attribute = { attributes },
        });

    private string Constant(long[] values)
    {
        var name = $"ints {string.Join(',', values)}";
        if (_graph.Initializer.All(t => t.Name != name))
        {
            var bytes = Google.Protobuf.ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan()));
            _graph.Initializer.Add(new TensorProto { Name = name, Dims = { values.Length }, DataType = DataType.Int64, RawData = bytes });
        }

        return name;
    }

    private void RemoveUnused()
    {
        for (var i = _graph.Node.Count - 1; i >= 0; i--)
        {
            var outputs = _graph.Node[i].Output;
            var isUsed = outputs.Any(o => _graph.Output.Any(g => g.Name == o) || _graph.Node.Skip(i + 1).Any(n => n.Input.Contains(o)));
            if (!isUsed) _graph.Node.RemoveAt(i);
        }
    }
}
