using Clip.Conversion.Onnx.Format;

namespace Clip.Conversion.Onnx.Quantization;

/// <summary>How the convolutions of a graph hang together, and at which values a chain of 8-bit operators needs a range.</summary>
internal sealed class ConvolutionChain
{
    private readonly Dictionary<string, List<NodeProto>> _consumers = [];
    private readonly Dictionary<string, NodeProto> _producers;
    private readonly HashSet<string> _weights;

    public ConvolutionChain(GraphProto graph)
    {
        _producers = graph.Node.ToDictionary(n => n.Output[0]);
        _weights = graph.Initializer.Where(t => t.Dims.Count == 4).Select(t => t.Name).ToHashSet();
        foreach (var node in graph.Node)
        {
            foreach (var input in node.Input) (_consumers.TryGetValue(input, out var list) ? list : _consumers[input] = []).Add(node);
        }

        var points = new Dictionary<string, string>();
        foreach (var node in graph.Node)
        {
            if (WeightOf(node) is { } weight)
            {
                points[Rectified(node)?.Output[0] ?? node.Output[0]] = weight;
                if (graph.Input.Any(i => i.Name == node.Input[0])) points[node.Input[0]] = node.Input[0];
            }
            else if (SumKey(node) is { } key)
            {
                points[Rectified(node)?.Output[0] ?? node.Output[0]] = key;
            }
        }

        // Beside a ResNet, where each follows another, what comes into a convolution may be of any node.
        foreach (var node in graph.Node)
        {
            if (WeightOf(node) is not { } weight || points.ContainsKey(node.Input[0])) continue;
            if (_producers.TryGetValue(node.Input[0], out var pool) && pool.OpType == "AveragePool" && points.ContainsKey(pool.Input[0]))
                continue;
            points[node.Input[0]] = $"{weight}/input";
        }

        Points = points;
    }

    /// <summary>
    /// The values to know ranges of, each with a key that is the same in every graph of the model: the weight of the convolution that
    /// makes it, which a following ReLU belongs to, or the input's own name.
    /// </summary>
    public IReadOnlyDictionary<string, string> Points { get; }

    /// <summary>
    /// The weight of one of a ResNet's convolutions, told by their padding from a Vision Transformer's patches; else null.
    /// </summary>
    public string? WeightOf(NodeProto node) =>
        node.OpType == "Conv" && node.Input.Count == 3 && node.Attribute.Any(a => a.Name == "pads") && _weights.Contains(node.Input[1])
            ? node.Input[1]
            : null;

    /// <summary>The key of a sum that a convolution's output goes into; null for any other node.</summary>
    public string? SumKey(NodeProto node) =>
        node.OpType == "Add" && _producers.TryGetValue(node.Input[0], out var branch) && WeightOf(branch) is { } weight
            ? $"{weight}/sum"
            : null;

    /// <summary>The ReLU that alone reads a node's output, or null.</summary>
    public NodeProto? Rectified(NodeProto node) =>
        _consumers.TryGetValue(node.Output[0], out var consumers) && consumers is [{ OpType: "Relu" } relu] ? relu : null;
}
