using Clip.Conversion.Zoo.Blocks;

namespace Clip.Conversion.Zoo.Towers;

/// <summary>ConvNeXt (arXiv:2201.03545) as timm has it, whose feature is the mean over the last grid, normalized.</summary>
internal sealed record ConvNext : ImageTower
{
    public override string Family => "ConvNeXt";

    public override bool IsConvolutional => true;

    public required IReadOnlyList<int> Depths { get; init; }

    public required IReadOnlyList<int> Widths { get; init; }

    public required double Eps { get; init; }

    public required TimmHead Head { get; init; }

    public override string Sizes => $"ConvNeXt {string.Join('-', Depths)}, widths {string.Join('-', Widths)}";

    public override string Features(TowerWriter net, string pixels)
    {
        const string trunk = TimmHead.Trunk;
        var side = ImageSize;
        var x = pixels;
        for (var stage = 0; stage < Widths.Count; stage++)
        {
            var (name, width) = ($"{trunk}stages.{stage}.", Widths[stage]);
            net.Scope(stage == 0 ? $"{trunk}stem" : $"{name}downsample");
            if (stage == 0)
            {
                x = net.Convolve(x, $"{trunk}stem.0", 3, width, 4, new Stride(side) { Step = 4, Padding = 0 });
                side /= 4;
                x = Rows(net, x, width);
                x = net.LayerNorm(x, $"{trunk}stem.1", width, Eps);
            }
            else
            {
                x = Grid(net, net.LayerNorm(x, $"{name}downsample.0", Widths[stage - 1], Eps), Widths[stage - 1], side);
                x = net.Convolve(x, $"{name}downsample.1", Widths[stage - 1], width, 2, new Stride(side) { Step = 2, Padding = 0 });
                side /= 2;
                x = Rows(net, x, width);
            }

            for (var i = 0; i < Depths[stage]; i++) x = Block(net, $"{name}blocks.{i}.", x, width, side);
        }

        net.Scope($"{trunk}pool");
        x = net.Mean(x, (long)side * side, Widths[^1], 0);
        return Head.Write(net, net.LayerNorm(x, $"{trunk}head.norm", Widths[^1], Eps), Widths[^1], EmbedDim, "head.fc");
    }

    /// <summary>The residual stream lies in rows, a place each, which linear layers take; only the convolution takes the grid.</summary>
    private string Block(TowerWriter net, string name, string x, int width, int side)
    {
        net.Scope(name);
        var y = net.Convolve(Grid(net, x, width, side), $"{name}conv_dw", width, width, 7, new Stride(side) { Groups = width });
        net.Places = (long)side * side;
        y = net.LayerNorm(Rows(net, y, width), $"{name}norm", width, Eps);
        y = net.Activate(net.Linear(y, $"{name}mlp.fc1", width, 4 * width), Nonlinearity.Gelu);
        return net.Add(x, net.Linear(y, $"{name}mlp.fc2", 4 * width, width, gain: $"{name}gamma"));
    }

    private static string Rows(TowerWriter net, string grid, int width) =>
        net.Reshape(net.Transpose(grid, 0, 2, 3, 1), -1, width);

    private static string Grid(TowerWriter net, string rows, int width, int side) =>
        net.Transpose(net.Reshape(rows, -1, side, side, width), 0, 3, 1, 2);
}
