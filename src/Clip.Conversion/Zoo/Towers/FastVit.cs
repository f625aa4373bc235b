using Clip.Conversion.Checkpoints;
using Clip.Conversion.Zoo.Blocks;
using static Clip.Conversion.Onnx.Format.GraphBuilder;

namespace Clip.Conversion.Zoo.Towers;

/// <summary>
/// FastViT (arXiv:2303.14189) in MobileCLIP's sizes. The files hold the branches of training; each sum of convolutions of one input is one
/// convolution here.
/// </summary>
internal sealed record FastVit : ImageTower
{
    private const string Trunk = TimmHead.Trunk;
    private const int HeadWidth = 32;

    public override string Family => "MobileCLIP (FastViT)";

    public override bool IsConvolutional => true;

    public required IReadOnlyList<int> Depths { get; init; }

    public required IReadOnlyList<int> Widths { get; init; }

    public required IReadOnlyList<int> MlpWidths { get; init; }

    public required TimmHead Head { get; init; }

    /// <summary>From which stage on blocks attend.</summary>
    public required int FirstAttention { get; init; }

    /// <summary>Whether norms before attention are LayerNorms over channels, not batch norms.</summary>
    public required bool HasLayerNorm { get; init; }

    /// <summary>Whether the stem has branches of 1×1 convolutions.</summary>
    public required bool HasStemScale { get; init; }

    /// <summary>Whether a stage begins with a step down, by stage.</summary>
    public required IReadOnlyList<bool> StepsDown { get; init; }

    /// <summary>Whether the step down weighs channels, by stage.</summary>
    public required IReadOnlyList<bool> Excites { get; init; }

    /// <summary>Hidden channels where channels are weighed: behind each stage's step down, and at the end.</summary>
    public required IReadOnlyList<int> ExciteWidths { get; init; }

    /// <summary>Channels behind the last convolution.</summary>
    public required int OutputWidth { get; init; }

    public override string Sizes => $"FastViT {string.Join('-', Depths)}, widths {string.Join('-', Widths)}";

    public override string Features(TowerWriter net, string pixels)
    {
        var stem = Widths[0];
        var (x, side) = (pixels, ImageSize);
        net.Scope($"{Trunk}stem");
        x = MobileOne(net, x, $"{Trunk}stem.0.", new Branches(3, stem, 3) { HasScale = HasStemScale }, new Stride(side) { Step = 2 });
        side = (side + 1) / 2;
        x = MobileOne(
            net, x, $"{Trunk}stem.1.", new Branches(stem, stem, 3) { HasScale = HasStemScale },
            new Stride(side) { Step = 2, Groups = stem });
        side = (side + 1) / 2;
        x = MobileOne(net, x, $"{Trunk}stem.2.", new Branches(stem, stem, 1) { HasIdentity = true }, new Stride(side));
        for (var stage = 0; stage < Widths.Count; stage++)
        {
            var name = $"{Trunk}stages.{stage}.";
            if (StepsDown[stage])
            {
                x = StepDown(net, x, $"{name}downsample.proj.", stage, side);
                side = (side + 1) / 2;
            }

            var attends = stage >= FirstAttention;
            if (attends) x = Positions(net, x, $"{name}pos_emb.pos_enc", Widths[stage], side);
            for (var i = 0; i < Depths[stage]; i++)
            {
                x = attends
                    ? AttentionBlock(net, x, $"{name}blocks.{i}.", stage, side)
                    : MixerBlock(net, x, $"{name}blocks.{i}.", stage, side);
            }
        }

        net.Scope($"{Trunk}final_conv");
        x = MobileOne(
            net, x, $"{Trunk}final_conv.",
            new Branches(Widths[^1], OutputWidth, 3) { HasScale = true, Excite = ExciteWidths[^1] },
            new Stride(side) { Groups = Widths[^1] });
        return Head.Write(net, net.GridMean(x), OutputWidth, EmbedDim, "head.fc");
    }

    /// <summary>A sum of branches as one convolution; then channels weighed, and GELU.</summary>
    private static string MobileOne(TowerWriter net, string x, string name, Branches branches, Stride shape, bool isActive = true)
    {
        var (norm, parameters) = (new BatchNorm(net.Parameters), net.Parameters);
        var (kernel, inputs) = (branches.Kernel, branches.Inputs / shape.Groups);
        var sum = norm.Fold(
            parameters.Take($"{name}conv_kxk.0.conv.weight", branches.Outputs, inputs, kernel, kernel), $"{name}conv_kxk.0.bn");
        if (branches.HasScale)
        {
            sum = Add(sum, norm.Fold(
                parameters.Take($"{name}conv_scale.conv.weight", branches.Outputs, inputs, 1, 1), $"{name}conv_scale.bn"));
        }

        if (branches.HasIdentity) sum = Add(sum, Identity(norm, $"{name}identity", branches.Outputs, inputs));
        x = net.Convolve(x, $"{name}conv", sum.Weight, sum.Bias, shape);
        if (branches.Excite > 0) x = Excite(net, x, $"{name}se.", branches.Outputs, branches.Excite);
        return isActive ? net.Activate(x, Nonlinearity.Gelu) : x;
    }

    /// <summary>A batch norm of the input itself, as a convolution of 1×1 with as many inputs a group as the others have.</summary>
    private static (WeightTensor, WeightTensor) Identity(BatchNorm norm, string name, int channels, int inputs)
    {
        var (factors, offsets) = norm.Alone(name, channels);
        var matrix = TensorMath.Gather(
            factors, [channels, inputs, 1, 1], 1, i => i % inputs == i / inputs % inputs ? i / inputs : -1);
        return (matrix, offsets);
    }

    private static (WeightTensor Weight, WeightTensor Bias) Add(
        (WeightTensor Weight, WeightTensor Bias) wide, (WeightTensor Weight, WeightTensor Bias) narrow) =>
        (TensorMath.Sum(wide.Weight, TensorMath.PadKernel(narrow.Weight, (int)wide.Weight.Shape[^1])),
            TensorMath.Sum(wide.Bias, narrow.Bias));

    /// <summary>Channels weighed by what their means tell (squeeze and excitation).</summary>
    private static string Excite(TowerWriter net, string x, string name, int channels, int hidden)
    {
        var graph = net.Graph;
        var mean = graph.Op("ReduceMean", [x, graph.Vector(2, 3)], Attribute("keepdims", 1L));
        var y = net.Activate(net.Convolve(mean, $"{name}fc1", channels, hidden, 1, new Stride(1)), Nonlinearity.Relu);
        y = net.Convolve(y, $"{name}fc2", hidden, channels, 1, new Stride(1));
        return net.Op("Mul", x, net.Op("Sigmoid", y));
    }

    /// <summary>Half the side: a large and a small convolution of each channel summed, then one of 1×1.</summary>
    private string StepDown(TowerWriter net, string x, string name, int stage, int side)
    {
        net.Scope(name);
        var (inputs, outputs) = (stage == 0 ? Widths[0] : Widths[stage - 1], Widths[stage]);
        var (norm, parameters) = (new BatchNorm(net.Parameters), net.Parameters);
        var (weight, bias) = Add(
            norm.Fold(parameters.Take($"{name}0.large_conv.conv.weight", outputs, 1, 7, 7), $"{name}0.large_conv.bn"),
            norm.Fold(parameters.Take($"{name}0.small_conv.conv.weight", outputs, 1, 3, 3), $"{name}0.small_conv.bn"));
        x = net.Convolve(x, $"{name}0.conv", weight, bias, new Stride(side) { Step = 2, Groups = inputs });
        if (Excites[stage]) x = Excite(net, x, $"{name}0.se.", outputs, ExciteWidths[stage]);
        x = net.Activate(x, Nonlinearity.Gelu);
        return MobileOne(net, x, $"{name}1.", new Branches(outputs, outputs, 1) { HasIdentity = true }, new Stride((side + 1) / 2));
    }

    /// <summary>x plus a convolution of it, as one.</summary>
    private static string Positions(TowerWriter net, string x, string name, int width, int side)
    {
        net.Scope(name);
        var summed = TensorMath.PlusInput(net.Parameters.Take($"{name}.weight", width, 1, 7, 7));
        return net.Convolve(x, name, summed, net.Parameters.Take($"{name}.bias", width), new Stride(side) { Groups = width });
    }

    /// <summary>
    /// x + γ·(mixer x − norm x), all of it one depthwise convolution, then the MLP.
    /// </summary>
    private string MixerBlock(TowerWriter net, string x, string name, int stage, int side)
    {
        net.Scope(name);
        var width = Widths[stage];
        var (norm, parameters) = (new BatchNorm(net.Parameters), net.Parameters);
        var mixer = $"{name}token_mixer.mixer.";
        var mixed = norm.Fold(parameters.Take($"{mixer}conv_kxk.0.conv.weight", width, 1, 3, 3), $"{mixer}conv_kxk.0.bn");
        mixed = Add(mixed, norm.Fold(parameters.Take($"{mixer}conv_scale.conv.weight", width, 1, 1, 1), $"{mixer}conv_scale.bn"));
        mixed = Add(mixed, norm.Alone($"{mixer}identity", width));
        var less = norm.Alone($"{name}token_mixer.norm.identity", width);
        mixed = Add(mixed, (TensorMath.Scale(less.Weight, -1), TensorMath.Scale(less.Bias, -1)));
        var gain = parameters.Take($"{name}token_mixer.layer_scale.gamma", width, 1, 1);
        var withInput = TensorMath.PlusInput(TensorMath.ScaleRows(mixed.Weight, gain));
        x = net.Convolve(x, $"{name}token_mixer", withInput, TensorMath.ScaleRows(mixed.Bias, gain), new Stride(side) { Groups = width });
        return net.Add(x, ConvMlp(net, x, name, $"{name}layer_scale.gamma", stage, side));
    }

    private string AttentionBlock(TowerWriter net, string x, string name, int stage, int side)
    {
        net.Scope(name);
        var width = Widths[stage];
        var rows = net.Reshape(net.Rows(x, width), -1, width);
        net.Places = (long)side * side;
        var attention = new Onnx.AttentionGraph(net.Graph, width, width / HeadWidth);
        var parts = new Qkv(["token_mixer.qkv.weight"], []).Take(net.Parameters, name, width, width);
        string y;
        if (HasLayerNorm)
        {
            y = net.LayerNorm(rows, $"{name}norm", width, 1e-5);
        }
        else
        {
            // A batch norm is an affine map of each channel.
            var (factors, offsets) = new BatchNorm(net.Parameters).Alone($"{name}norm", width);
            y = net.Op("Mul", rows, net.Graph.Weight($"{name}norm.factors", factors with { Shape = [width] }));
            y = net.Add(y, net.Graph.Weight($"{name}norm.offsets", offsets));
        }

        var shape = attention.HeadShape((long)side * side);
        var query = net.Product(y, $"{name}q", TensorMath.Scale(parts[0].Weight, attention.QueryScale), null);
        var key = net.Product(y, $"{name}k", parts[1].Weight, null);
        var value = net.Product(y, $"{name}v", parts[2].Weight, null);
        net.CountAttention(net.Places, net.Places, width);
        var joined = attention.Attend(query, shape, key, value, shape, mask: null);
        var projection = net.Parameters.TakeLinear($"{name}token_mixer.proj.weight", width, width);
        var bias = net.Parameters.Take($"{name}token_mixer.proj.bias", width);
        var gain = net.Parameters.Take($"{name}layer_scale_1.gamma", width, 1, 1);
        joined = net.Product(joined, $"{name}proj", TensorMath.ScaleRows(projection, gain), TensorMath.ScaleRows(bias, gain));
        var grid = net.Transpose(net.Reshape(joined, -1, side, side, width), 0, 3, 1, 2);
        x = net.Add(x, grid);
        return net.Add(x, ConvMlp(net, x, name, $"{name}layer_scale_2.gamma", stage, side));
    }

    /// <summary>A depthwise convolution of 7×7 and two of 1×1, the last with its gain.</summary>
    private string ConvMlp(TowerWriter net, string x, string name, string gamma, int stage, int side)
    {
        var (width, hidden, parameters) = (Widths[stage], MlpWidths[stage], net.Parameters);
        var (weight, bias) = new BatchNorm(parameters).Fold(
            parameters.Take($"{name}mlp.conv.conv.weight", width, 1, 7, 7), $"{name}mlp.conv.bn");
        var y = net.Convolve(x, $"{name}mlp.conv", weight, bias, new Stride(side) { Groups = width });
        y = net.Activate(net.Convolve(y, $"{name}mlp.fc1", width, hidden, 1, new Stride(side)), Nonlinearity.Gelu);
        var gain = parameters.Take(gamma, width, 1, 1);
        return net.Convolve(
            y, $"{name}mlp.fc2",
            TensorMath.ScaleRows(parameters.Take($"{name}mlp.fc2.weight", width, hidden, 1, 1), gain),
            TensorMath.ScaleRows(parameters.Take($"{name}mlp.fc2.bias", width), gain),
            new Stride(side));
    }

    /// <summary>What a MobileOne block sums.</summary>
    private sealed record Branches(int Inputs, int Outputs, int Kernel)
    {
        public bool HasScale { get; init; }

        public bool HasIdentity { get; init; }

        /// <summary>Hidden channels where channels are weighed; 0 for no weighing.</summary>
        public int Excite { get; init; }
    }
}
