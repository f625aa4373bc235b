using Clip.Conversion.Zoo.Blocks;
using static Clip.Conversion.Onnx.Format.GraphBuilder;

namespace Clip.Conversion.Zoo.Towers;

/// <summary>ViTamin (arXiv:2404.02132): two stages of convolutions, then a Transformer with GeGLU.</summary>
internal sealed record Vitamin : ImageTower
{
    /// <summary>Pixels of a side that become one token.</summary>
    public const int Step = 16;

    private const double Eps = 1e-6;
    private const string Backbone = $"{TimmHead.Trunk}patch_embed.backbone.";

    public override string Family => "ViTamin";

    public override bool IsConvolutional => true;

    public required int StemWidth { get; init; }

    /// <summary>Of the two stages of convolutions.</summary>
    public required IReadOnlyList<int> Depths { get; init; }

    public required IReadOnlyList<int> Widths { get; init; }

    /// <summary>Channels between a block's convolutions, by stage.</summary>
    public required IReadOnlyList<int> InnerWidths { get; init; }

    public required BlockPlan Block { get; init; }

    public required int Layers { get; init; }

    /// <summary>Whether there is a position table; XL has none.</summary>
    public required bool HasPositions { get; init; }

    public required TimmHead Head { get; init; }

    public override string Sizes =>
        $"convolutions {string.Join('-', Depths)} of {string.Join('-', Widths)}, width {Block.Width}, {Layers} layers, {Block.Heads} heads";

    public override string Features(TowerWriter net, string pixels)
    {
        const string trunk = TimmHead.Trunk;
        var side = ImageSize;
        net.Scope($"{Backbone}stem");
        var x = net.Convolve(pixels, $"{Backbone}stem.conv1", 3, StemWidth, 3, new Stride(side) { Step = 2 });
        side = (side + 1) / 2;
        x = net.Activate(Normalized(net, x, $"{Backbone}stem.norm1", StemWidth), Nonlinearity.Gelu);
        x = net.Convolve(x, $"{Backbone}stem.conv2", StemWidth, StemWidth, 3, new Stride(side));
        var inputs = StemWidth;
        for (var stage = 0; stage < Widths.Count; stage++)
        {
            for (var i = 0; i < Depths[stage]; i++)
            {
                x = Convolutions(net, x, $"{Backbone}stages.{stage}.{i}.", inputs, stage, side, isFirst: i == 0);
                if (i == 0) side = (side + 1) / 2;
                inputs = Widths[stage];
            }
        }

        net.Scope($"{Backbone}pool");
        x = Normalized(net, x, $"{Backbone}pool.norm", inputs);
        x = net.Convolve(x, $"{Backbone}pool.proj", inputs, Block.Width, 3, new Stride(side) { Step = 2 });
        side = (side + 1) / 2;
        var tokens = side * side;
        x = net.Rows(x, Block.Width);
        if (HasPositions) x = net.Add(x, net.Weight($"{trunk}pos_embed", 1, tokens, Block.Width));
        net.Places = tokens;
        x = new TransformerBlock(net, Block, tokens).All($"{trunk}blocks.", Layers, net.Reshape(x, -1, Block.Width));
        x = net.LayerNorm(net.Mean(x, tokens, Block.Width, 0), $"{trunk}fc_norm", Block.Width, Eps);
        return Head.Write(net, x, Block.Width, EmbedDim);
    }

    private string Convolutions(TowerWriter net, string x, string name, int inputs, int stage, int side, bool isFirst)
    {
        net.Scope(name);
        var (outputs, inner, behind) = (Widths[stage], InnerWidths[stage], isFirst ? (side + 1) / 2 : side);
        var y = Normalized(net, x, $"{name}pre_norm", inputs);
        y = net.Activate(net.Convolve(y, $"{name}conv1_1x1", inputs, inner, 1, new Stride(side)), Nonlinearity.Gelu);
        y = net.Activate(
            net.Convolve(y, $"{name}conv2_kxk", inner, inner, 3, new Stride(side) { Step = isFirst ? 2 : 1, Groups = inner }),
            Nonlinearity.Gelu);
        y = net.Convolve(y, $"{name}conv3_1x1", inner, outputs, 1, new Stride(behind));
        if (isFirst)
        {
            x = net.Graph.Op(
                "AveragePool", [x], Attribute("kernel_shape", 3, 3), Attribute("strides", 2, 2), Attribute("pads", 1, 1, 1, 1),
                Attribute("count_include_pad", 0L));
            if (inputs != outputs) x = net.Convolve(x, $"{name}shortcut.expand", inputs, outputs, 1, new Stride(behind));
        }

        return net.Add(y, x);
    }

    /// <summary>A LayerNorm over the channels of a grid.</summary>
    private static string Normalized(TowerWriter net, string grid, string name, int width) =>
        net.Transpose(net.LayerNorm(net.Transpose(grid, 0, 2, 3, 1), name, width, Eps), 0, 3, 1, 2);
}
