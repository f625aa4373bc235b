using Clip.Conversion.Onnx.Format;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling.Graphs;

/// <summary>Matrix products, convolutions, norms and softmax.</summary>
internal static class Products
{
    public static Dictionary<string, Func<NodeProto, GraphOperator>> All { get; } = new()
    {
        ["Gemm"] = Gemm,
        ["MatMul"] = _ => inputs => Autocast.MatMul(inputs.Tensor(0), inputs.Tensor(1)),
        ["Conv"] = Convolution,
        ["AveragePool"] = AveragePool,
        ["LayerNormalization"] = LayerNorm,
        ["Softmax"] = node =>
        {
            var axis = node.Int("axis", -1);
            return inputs => inputs.Tensor(0).softmax(axis, ScalarType.Float32);
        },
    };

    /// <summary>A linear layer, PyTorch's [out, in].</summary>
    private static GraphOperator Gemm(NodeProto node)
    {
        node.Require(
            node.Int("transB", 0) == 1 && node.Int("transA", 0) == 0 && node.Float("alpha", 1) == 1 && node.Float("beta", 1) == 1,
            "factors, or of another form than a linear layer");
        return inputs => inputs.Optional(2) is { } bias
            ? Autocast.Linear(inputs.Tensor(0), inputs.Tensor(1), bias)
            : Autocast.Product(inputs.Tensor(0), inputs.Tensor(1));
    }

    private static GraphOperator Convolution(NodeProto node)
    {
        var (stride, padding) = Square(node);
        node.Require(node.Ints("dilations") is null, "dilations");
        var groups = node.Int("group", 1);
        return inputs => Autocast.Convolution(inputs.Tensor(0), inputs.Tensor(1), inputs.Optional(2), stride, padding, groups);
    }

    private static GraphOperator AveragePool(NodeProto node)
    {
        var (stride, padding) = Square(node);
        var kernel = node.Ints("kernel_shape")!;
        var countsPadding = node.Int("count_include_pad", 0) == 1;
        return inputs => nn.functional.avg_pool2d(
            inputs.Tensor(0), kernel, [stride, stride], [padding, padding], count_include_pad: countsPadding);
    }

    /// <summary>How a window goes over a grid, the same in both directions.</summary>
    private static (long Stride, long Padding) Square(NodeProto node)
    {
        var (strides, pads) = (node.Ints("strides") ?? [1, 1], node.Ints("pads") ?? [0, 0, 0, 0]);
        node.Require(
            strides.Distinct().Count() == 1 && pads.Distinct().Count() == 1 && node.Text("auto_pad", "NOTSET") == "NOTSET",
            "other strides or padding in one direction than in the other");
        return (strides[0], pads[0]);
    }

    /// <summary>In float32, whatever the product before it was in.</summary>
    private static GraphOperator LayerNorm(NodeProto node)
    {
        node.Require(node.Int("axis", -1) == -1, "another axis than the last");
        var eps = node.Float("epsilon", 1e-5f);
        return inputs =>
        {
            using var scope = NewDisposeScope();
            var (x, gain) = (inputs.Tensor(0).@float(), inputs.Tensor(1));
            return nn.functional.layer_norm(x, gain.shape, gain, inputs.Tensor(2), eps).MoveToOuterDisposeScope();
        };
    }
}
