using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using static Clip.Conversion.Onnx.GraphBuilder;

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
    /// <param name="embedDim">Width of the features.</param>
    /// <returns>[items, embedDim].</returns>
    public string Features(string pixels, int embedDim)
    {
        var width = config.Width;
        graph.Scope("visual.stem");
        var x = Relu(Convolution("visual.conv1", "visual.bn1", pixels, 3, width / 2, kernel: 3, stride: 2));
        x = Relu(Convolution("visual.conv2", "visual.bn2", x, width / 2, width / 2, kernel: 3));
        x = Relu(Convolution("visual.conv3", "visual.bn3", x, width / 2, width, kernel: 3));
        x = Halve(x);

        var channels = width;
        for (var stage = 0; stage < config.Blocks.Count; stage++)
        {
            for (var i = 0; i < config.Blocks[stage]; i++)
            {
                var planes = width << stage;
                x = Block($"visual.layer{stage + 1}.{i}", x, channels, planes, halve: stage > 0 && i == 0);
                channels = planes * ResNetConfig.Expansion;
            }
        }

        return Pool(x, embedDim);
    }

    private string Block(string name, string input, int channels, int planes, bool halve)
    {
        graph.Scope(name);
        var outputs = planes * ResNetConfig.Expansion;
        var x = Relu(Convolution($"{name}.conv1", $"{name}.bn1", input, channels, planes, kernel: 1));
        x = Relu(Convolution($"{name}.conv2", $"{name}.bn2", x, planes, planes, kernel: 3));
        if (halve) x = Halve(x);
        x = Convolution($"{name}.conv3", $"{name}.bn3", x, planes, outputs, kernel: 1);
        var shortcut = halve ? Halve(input) : input;
        if (halve || channels != outputs)
            shortcut = Convolution($"{name}.downsample.0", $"{name}.downsample.1", shortcut, channels, outputs, kernel: 1);
        return Relu(graph.Op("Add", [x, shortcut]));
    }

    /// <summary>The grid's mean, put before its places, is the only one that asks (see <c>AttentionPool2d</c>).</summary>
    private string Pool(string grid, int embedDim)
    {
        const string name = "visual.attnpool";
        graph.Scope(name);
        int width = config.Features, tokens = config.Tokens;
        var attention = new AttentionGraph(graph, width, config.Heads);
        var places = graph.Op("Transpose", [graph.Op("Reshape", [grid, graph.Vector(0, width, -1)])], Attribute("perm", 0, 2, 1));
        var mean = graph.Op("ReduceMean", [places, graph.Vector(1)], Attribute("keepdims", 1L));
        var positions = graph.Weight($"{name}.positional_embedding", weights.Take($"{name}.positional_embedding", tokens, width));
        var all = graph.Op("Add", [graph.Op("Concat", [mean, places], Attribute("axis", 1L)), positions]);
        var first = graph.Op("Gather", [all, graph.Scalar(0L)], Attribute("axis", 1L));
        var rows = graph.Op("Reshape", [all, graph.Vector(-1, width)]);
        var pooled = attention.Attend(
            Linear("q_proj", first, width, attention.QueryScale),
            attention.HeadShape(1),
            Linear("k_proj", rows, width),
            Linear("v_proj", rows, width),
            attention.HeadShape(tokens),
            mask: null);
        return Linear("c_proj", pooled, embedDim);

        string Linear(string projection, string x, int outputs, float factor = 1)
        {
            var w = AttentionGraph.Scale(weights.Take($"{name}.{projection}.weight", outputs, width), factor);
            var b = AttentionGraph.Scale(weights.Take($"{name}.{projection}.bias", outputs), factor);
            return graph.Op(
                "Gemm",
                [x, graph.Weight($"{name}.{projection}.weight", w), graph.Weight($"{name}.{projection}.bias", b)],
                Attribute("transB", 1L));
        }
    }

    private string Convolution(string name, string norm, string x, int inputs, int outputs, int kernel, int stride = 1)
    {
        var (weight, bias) = Fold(weights.Take($"{name}.weight", outputs, inputs, kernel, kernel), norm, outputs);
        var padding = kernel / 2;
        return graph.Op(
            "Conv",
            [x, graph.Weight($"{name}.weight", weight), graph.Weight($"{name}.bias", bias)],
            Attribute("kernel_shape", kernel, kernel),
            Attribute("pads", padding, padding, padding, padding),
            Attribute("strides", stride, stride));
    }

    /// <summary>γ·(w∗x − mean)/√(var + ε) + β as one convolution; computed in double, so that only the result is rounded.</summary>
    private (WeightTensor Weight, WeightTensor Bias) Fold(WeightTensor convolution, string norm, int channels)
    {
        var gain = weights.Take($"{norm}.weight", channels).Data.Span;
        var offset = weights.Take($"{norm}.bias", channels).Data.Span;
        var mean = weights.Take($"{norm}.running_mean", channels).Data.Span;
        var variance = weights.Take($"{norm}.running_var", channels).Data.Span;
        // PyTorch counts batches beside the statistics; nothing here depends on it.
        weights.TakeScalar($"{norm}.num_batches_tracked");

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
