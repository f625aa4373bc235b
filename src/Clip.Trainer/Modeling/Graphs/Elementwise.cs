using Clip.Conversion.Onnx.Format;
using TorchSharp;
using static TorchSharp.torch;
using DataType = Clip.Conversion.Onnx.Format.TensorProto.Types.DataType;

namespace Clip.Trainer.Modeling.Graphs;

/// <summary>What is computed value by value, and sums and the like over axes.</summary>
internal static class Elementwise
{
    public static Dictionary<string, Func<NodeProto, GraphOperator>> All { get; } = new()
    {
        ["Add"] = _ => inputs => inputs.Tensor(0).Plus(inputs.Tensor(1)),
        ["Sub"] = _ => inputs => inputs.Tensor(0).sub(inputs.Tensor(1)),
        ["Mul"] = _ => inputs => inputs.Tensor(0).mul(inputs.Tensor(1)),
        ["Div"] = _ => inputs => inputs.Tensor(0).div(inputs.Tensor(1)),
        ["Max"] = _ => inputs => inputs.Tensor(0).maximum(inputs.Tensor(1)),
        ["Sqrt"] = _ => inputs => inputs.Tensor(0).sqrt(),
        ["Relu"] = _ => inputs => inputs.Tensor(0).relu(),
        ["Sigmoid"] = _ => inputs => inputs.Tensor(0).sigmoid(),
        ["Tanh"] = _ => inputs => inputs.Tensor(0).tanh(),
        ["Gelu"] = Gelu,
        ["Clip"] = _ => inputs => inputs.Tensor(0).clamp(inputs.Tensor(1), inputs.Tensor(2)),
        ["Equal"] = _ => inputs => inputs.Tensor(0).eq(inputs.Tensor(1)),
        ["Greater"] = _ => inputs => inputs.Tensor(0).gt(inputs.Tensor(1)),
        ["Not"] = _ => inputs => inputs.Tensor(0).logical_not(),
        ["Where"] = _ => inputs => where(inputs.Tensor(0), inputs.Tensor(1), inputs.Tensor(2)),
        ["Cast"] = Cast,
        ["CumSum"] = CumSum,
        ["ArgMax"] = ArgMax,
        ["ReduceMean"] = node => Reduced(node, (x, axes, keep) => x.mean(axes, keep)),
        ["ReduceSum"] = node => Reduced(node, (x, axes, keep) => x.sum(axes, keep)),
        ["ReduceMax"] = node => Reduced(node, (x, axes, keep) => x.amax(axes, keep)),
        ["ReduceL2"] = node => Reduced(node, Length),
    };

    private static GraphOperator Gelu(NodeProto node)
    {
        var kind = node.Text("approximate", "none");
        node.Require(kind is "none" or "tanh", $"the approximation {kind}");
        return kind == "tanh"
            ? inputs => nn.functional.gelu(inputs.Tensor(0), TorchSharp.Modules.GELU.Approximate.tanh)
            : inputs => inputs.Tensor(0).gelu();
    }

    private static GraphOperator Cast(NodeProto node)
    {
        var to = (DataType)node.Int("to", 0);
        ScalarType? type = to switch
        {
            DataType.Float => ScalarType.Float32,
            DataType.Int32 => ScalarType.Int32,
            DataType.Int64 => ScalarType.Int64,
            _ => null,
        };
        node.Require(type is not null, $"the type {to}");
        return inputs => inputs.Tensor(0).to_type(type!.Value, copy: true);
    }

    private static GraphOperator CumSum(NodeProto node)
    {
        node.Require(node.Int("exclusive", 0) == 0 && node.Int("reverse", 0) == 0, "another order");
        return inputs => inputs.Tensor(0).cumsum(inputs[1].Number);
    }

    private static GraphOperator ArgMax(NodeProto node)
    {
        node.Require(node.Int("select_last_index", 0) == 0, "the last of equals");
        var (axis, keep) = (node.Int("axis", 0), node.Int("keepdims", 1) == 1);
        return inputs => inputs.Tensor(0).argmax(axis, keep);
    }

    /// <summary>Over given axes, in float32.</summary>
    private static GraphOperator Reduced(NodeProto node, Func<Tensor, long[], bool, Tensor> reduce)
    {
        node.Require(node.Input.Count == 2, "no axes");
        var keep = node.Int("keepdims", 1) == 1;
        return inputs =>
        {
            using var scope = NewDisposeScope();
            return reduce(inputs.Tensor(0).@float(), inputs.Numbers(1), keep).MoveToOuterDisposeScope();
        };
    }

    private static Tensor Length(Tensor x, long[] axes, bool keep) => axes is [var axis]
        ? x.norm((int)axis, keep, 2f)
        : throw new ClipException("The length over several axes is not trained here.");
}
