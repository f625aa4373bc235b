using Clip.Conversion.Onnx.Format;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling.Graphs;

/// <summary>
/// Attention as graphs write it, softmax(query · keyᵀ + mask) · value, found and computed by torch's own kernel, which keeps no scores in
/// memory for the way back.
/// </summary>
/// <param name="Query">[…, rows, channels], scaled.</param>
/// <param name="Key">[…, channels, tokens].</param>
/// <param name="Value">[…, tokens, channels].</param>
/// <param name="Mask">Added to the scores; null for nothing.</param>
internal sealed record Attention(string Query, string Key, string Value, string? Mask)
{
    /// <summary>The attentions of a graph, by the node that ends each, and the nodes that are part of one.</summary>
    public static (Dictionary<NodeProto, Attention> Ends, HashSet<NodeProto> Parts) Find(GraphProto graph)
    {
        var makers = graph.Node.ToDictionary(node => node.Output[0]);
        var readers = graph.Node.SelectMany(node => node.Input).GroupBy(name => name).ToDictionary(g => g.Key, g => g.Count());
        Dictionary<NodeProto, Attention> ends = [];
        HashSet<NodeProto> parts = [];
        foreach (var end in graph.Node.Where(node => node.OpType == "MatMul"))
        {
            if (Own(end.Input[0], "Softmax") is not { } softmax || softmax.Int("axis", -1) != -1) continue;
            var added = Own(softmax.Input[0], "Add");
            if (Own(added?.Input[0] ?? softmax.Input[0], "MatMul") is not { } product) continue;
            ends[end] = new Attention(product.Input[0], product.Input[1], end.Input[1], added?.Input[1]);
            parts.UnionWith(added is null ? [softmax, product] : [softmax, added, product]);
        }

        return (ends, parts);

        // A value that nothing else reads.
        NodeProto? Own(string value, string op) =>
            makers.TryGetValue(value, out var maker) && maker.OpType == op && readers[value] == 1 ? maker : null;
    }

    /// <summary>Computes it of query, key, value and, where there is one, mask.</summary>
    public static GraphValue Compute(NodeInputs inputs)
    {
        using var scope = NewDisposeScope();
        var (query, key, value, mask) = (inputs.Tensor(0), inputs.Tensor(1), inputs.Tensor(2), inputs.Optional(3));
        return Autocast.ScaledAttention(query, key.transpose(-1, -2), value, mask).MoveToOuterDisposeScope();
    }
}
