using Clip.Conversion.Onnx.Format;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling.Graphs;

/// <summary>Computes a node's value from those of its inputs.</summary>
internal delegate GraphValue GraphOperator(NodeInputs inputs);

/// <summary>The values that a node takes when it runs.</summary>
/// <param name="Values">In the node's order.</param>
/// <param name="Device">What it computes on.</param>
internal readonly record struct NodeInputs(GraphValue[] Values, Device Device)
{
    public int Count => Values.Length;

    public GraphValue this[int index] => Values[index];

    /// <summary>An input as a tensor.</summary>
    public Tensor Tensor(int index) => Values[index].On(Device);

    /// <summary>An input as a tensor; null where the node has none at that place.</summary>
    public Tensor? Optional(int index) => index < Values.Length ? Tensor(index) : null;

    /// <summary>An input's numbers.</summary>
    public long[] Numbers(int index) => Values[index].Numbers;
}

/// <summary>Reads a node's attributes.</summary>
internal static class NodeAttributes
{
    public static long Int(this NodeProto node, string name, long otherwise) => node.Find(name)?.I ?? otherwise;

    public static float Float(this NodeProto node, string name, float otherwise) => node.Find(name)?.F ?? otherwise;

    public static string Text(this NodeProto node, string name, string otherwise) =>
        node.Find(name)?.S.ToStringUtf8() ?? otherwise;

    public static long[]? Ints(this NodeProto node, string name) => node.Find(name) is { } found ? [.. found.Ints] : null;

    /// <summary>Refuses a node that does more than is done here.</summary>
    /// <exception cref="ClipException">It does.</exception>
    public static void Require(this NodeProto node, bool holds, string what)
    {
        if (!holds) throw new ClipException($"The graph's node {node.Name} is a {node.OpType} with {what}, which is not trained here.");
    }

    private static AttributeProto? Find(this NodeProto node, string name) => node.Attribute.FirstOrDefault(a => a.Name == name);
}
