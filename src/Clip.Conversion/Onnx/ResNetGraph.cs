using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Onnx.Format;
using static Clip.Conversion.Onnx.Format.GraphBuilder;

namespace Clip.Conversion.Onnx;

/// <summary>
/// Writes CLIP's ResNet with attention pooling (see <c>ModifiedResNet</c>). Each batch norm is folded into the convolution
/// before it: with running statistics it is an affine map of each channel.
/// </summary>
internal sealed class ResNetGraph(GraphBuilder graph, WeightSource weights, ResNetConfig config)
{
    /// <summary>PyTorch's default, which CLIP keeps.</summary>
    private const double BatchNormEps = 1e-5;

    /// <summary>Writes the tower.</summary>
    /// <param name="pixels">[items, 3, size, size].</param>
    /// <returns>[items, embed_dim].</returns>
    public string Features(string pixels)
    {
        graph.Scope("visual.stem");
        var x = Relu(Convolved(ClipNames.Image.Prefix, 1, pixels, stride: 2));
        x = Relu(Convolved(ClipNames.Image.Prefix, 2, x));
        x = Relu(Convolved(ClipNames.Image.Prefix, 3, x));
        x = Halve(x);
        for (var stage = 0; stage < config.Blocks.Count; stage++)
        {
            for (var i = 0; i < config.Blocks[stage]; i++)
                x = Block($"{ClipNames.ResNet.Stage(stage)}{i}", x, isFirst: i == 0, halve: stage > 0 && i == 0);
        }

        return Pool(x);
    }

    private string Block(string name, string input, bool isFirst, bool halve)
    {
        graph.Scope(name);
        var parts = $"{name}.";
        var x = Relu(Convolved(parts, 1, input));
        x = Relu(Convolved(parts, 2, x));
        if (halve) x = Halve(x);
        x = Convolved(parts, 3, x);
        var shortcut = halve ? Halve(input) : input;
        if (isFirst) shortcut = Convolution(ClipNames.ResNet.Shortcut(parts), ClipNames.ResNet.ShortcutNorm(parts), shortcut);
        return Relu(graph.Op("Add", [x, shortcut]));
    }

    /// <summary>The grid's mean, put before its places, is the only one that asks (see <c>AttentionPool2d</c>).</summary>
    private string Pool(string grid)
    {
        const string name = ClipNames.ResNet.Pool;
        graph.Scope(name);
        int width = config.Features, tokens = config.Tokens;
        var attention = new AttentionGraph(graph, width, config.Heads);
        var places = graph.Op("Transpose", [graph.Op("Reshape", [grid, graph.Vector(0, width, -1)])], Attribute("perm", 0, 2, 1));
        var mean = graph.Op("ReduceMean", [places, graph.Vector(1)], Attribute("keepdims", 1L));
        var positions = graph.Weight(weights, ClipNames.ResNet.PoolPositions);
        var all = graph.Op("Add", [graph.Op("Concat", [mean, places], Attribute("axis", 1L)), positions]);
        var first = graph.Op("Gather", [all, graph.Scalar(0L)], Attribute("axis", 1L));
        var rows = graph.Op("Reshape", [all, graph.Vector(-1, width)]);
        var pooled = attention.Attend(
            Linear(ClipNames.ResNet.Query, first, attention.QueryScale),
            attention.HeadShape(1),
            Linear(ClipNames.ResNet.Key, rows),
            Linear(ClipNames.ResNet.Value, rows),
            attention.HeadShape(tokens),
            mask: null);
        return Linear(ClipNames.ResNet.Output, pooled);

        string Linear(string projection, string x, float factor = 1)
        {
            var w = TensorMath.Scale(weights.Take($"{name}.{projection}.weight"), factor);
            var b = TensorMath.Scale(weights.Take($"{name}.{projection}.bias"), factor);
            return graph.Op(
                "Gemm",
                [x, graph.Weight($"{name}.{projection}.weight", w), graph.Weight($"{name}.{projection}.bias", b)],
                Attribute("transB", 1L));
        }
    }

    private string Convolved(string prefix, int number, string x, int stride = 1) =>
        Convolution(ClipNames.ResNet.Convolution(prefix, number), ClipNames.ResNet.Norm(prefix, number), x, stride);

    private string Convolution(string name, string norm, string x, int stride = 1)
    {
        var (weight, bias) = Fold(weights.Take($"{name}.weight"), norm);
        var kernel = weight.Shape[^1];
        var padding = kernel / 2;
        return graph.Op(
            "Conv",
            [x, graph.Weight($"{name}.weight", weight), graph.Weight($"{name}.bias", bias)],
            Attribute("kernel_shape", kernel, kernel),
            Attribute("pads", padding, padding, padding, padding),
            Attribute("strides", stride, stride));
    }

    /// <summary>γ·(w∗x − mean)/√(var + ε) + β as one convolution; computed in double, so that only the result is rounded.</summary>
    private (WeightTensor Weight, WeightTensor Bias) Fold(WeightTensor convolution, string norm)
    {
        var channels = (int)convolution.Shape[0];
        var gain = weights.Take($"{norm}.weight").Data.Span;
        var offset = weights.Take($"{norm}.bias").Data.Span;
        var mean = weights.Take(norm + ClipNames.BatchNorm.Mean).Data.Span;
        var variance = weights.Take(norm + ClipNames.BatchNorm.Variance).Data.Span;
        // PyTorch counts batches beside the statistics; nothing here depends on it.
        weights.TakeScalar(norm + ClipNames.BatchNorm.Count);

        var source = convolution.Data.Span;
        var folded = new float[source.Length];
        var bias = new float[channels];
        var perChannel = source.Length / channels;
        for (var c = 0; c < channels; c++)
        {
            var scale = gain[c] / Math.Sqrt(variance[c] + BatchNormEps);
            for (var i = c * perChannel; i < (c + 1) * perChannel; i++) folded[i] = (float)(source[i] * scale);
            bias[c] = (float)(offset[c] - mean[c] * scale);
        }

        return (convolution with { Data = folded }, new WeightTensor([channels], bias));
    }

    private string Relu(string x) => graph.Op("Relu", [x]);

    private string Halve(string x) => graph.Op("AveragePool", [x], Attribute("kernel_shape", 2, 2), Attribute("strides", 2, 2));
}
