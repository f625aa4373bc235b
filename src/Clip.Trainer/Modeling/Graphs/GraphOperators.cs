using Clip.Conversion.Onnx.Format;

namespace Clip.Trainer.Modeling.Graphs;

/// <summary>The operators of graphs (ONNX, opset 20) that torch computes here, with gradients.</summary>
internal static class GraphOperators
{
    /// <summary>Given a node, its operator with the node's attributes.</summary>
    private static readonly Dictionary<string, Func<NodeProto, GraphOperator>> All =
        new([.. Products.All, .. Elementwise.All, .. Shapes.All]);

    /// <summary>The operator of a node.</summary>
    /// <exception cref="ClipException">It is not known.</exception>
    public static GraphOperator Of(NodeProto node) => All.TryGetValue(node.OpType, out var make)
        ? make(node)
        : throw new ClipException($"The graph's node {node.Name} is a {node.OpType}, which is not trained here.");
}
