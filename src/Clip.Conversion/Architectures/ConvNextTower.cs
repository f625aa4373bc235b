using Clip.Conversion.Configs;

namespace Clip.Conversion.Architectures;

/// <summary>
/// The layout of ConvNeXt by timm's names, with timm's starting values: N(0, 0.02²) for convolutions and linear layers, zero biases, and
/// 1e-6 for the factors of the branches (timm convnext.py); open_clip's adapter starts as PyTorch's linear layers do.
/// </summary>
internal static class ConvNextTower
{
    private const double Deviation = 0.02, BranchScale = 1e-6;

    /// <summary>Adds the tower.</summary>
    public static void Add(LayoutBuilder builder, ConvNextConfig vision, long embedDim)
    {
        const string trunk = ClipNames.Image.TimmPrefix;
        var last = vision.Widths[^1];
        builder.Place = new Place(Tower.Image, 0);
        Convolution($"{trunk}stem.0", vision.Widths[0], 3, 4);
        builder.Norm(new($"{trunk}stem.1"), vision.Widths[0]);
        for (var stage = 0; stage < vision.Widths.Count; stage++)
        {
            builder.Place = new Place(Tower.Image, stage + 1);
            var (name, width) = ($"{trunk}stages.{stage}.", vision.Widths[stage]);
            if (stage > 0)
            {
                builder.Norm(new($"{name}downsample.0"), vision.Widths[stage - 1]);
                Convolution($"{name}downsample.1", width, vision.Widths[stage - 1], 2);
            }

            for (var i = 0; i < vision.Depths[stage]; i++)
            {
                var block = $"{name}blocks.{i}.";
                builder.Constant(new($"{block}gamma"), BranchScale, width);
                Convolution($"{block}conv_dw", width, 1, 7);
                builder.Norm(new($"{block}norm"), width);
                builder.Linear(new($"{block}mlp.fc1"), Deviation, width, 4L * width, isLowRankTarget: true);
                builder.Linear(new($"{block}mlp.fc2"), Deviation, 4L * width, width, isLowRankTarget: true);
            }
        }

        var behind = new Place(Tower.Image, vision.Widths.Count + 1);
        builder.Place = behind with { LockGroup = vision.Widths.Count };
        builder.Norm(new($"{trunk}head.norm"), last);
        builder.Place = behind;
        var (projection, inputs) = ("visual.head.proj", (long)last);
        if (vision.HasTwoLayers)
        {
            builder.Uniform(new("visual.head.mlp.fc1.weight"), last, 2 * embedDim, last);
            builder.Uniform(new("visual.head.mlp.fc1.bias"), last, 2 * embedDim);
            (projection, inputs) = ("visual.head.mlp.fc2", 2 * embedDim);
        }

        builder.Projection(new($"{projection}.weight"), StartingValues.Uniform(1 / Math.Sqrt(inputs)), embedDim, inputs);
        if (vision.HasProjectionBias) builder.Uniform(new($"{projection}.bias"), inputs, embedDim);

        void Convolution(string name, long outputs, long inputs, long kernel)
        {
            builder.Normal(new($"{name}.weight"), Deviation, outputs, inputs, kernel, kernel);
            builder.Constant(new($"{name}.bias"), 0, outputs);
        }
    }
}
