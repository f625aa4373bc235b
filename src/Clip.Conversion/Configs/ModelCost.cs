
namespace Clip.Conversion.Configs;

/// <summary>
/// What one image and one text cost a model: floating-point operations of its matrix products and convolutions, two for each
/// multiplication with its addition, as open_clip's docs/model_profile.csv counts them. Norms, activations and sums are left out.
/// </summary>
/// <remarks>As there, every token is counted in the last attention too, though only the pooled one is computed here.</remarks>
/// <param name="Image">Operations for an image.</param>
/// <param name="Text">Operations for a text as long as the context.</param>
public sealed record ModelCost(double Image, double Text)
{
    /// <summary>Counts a config's operations.</summary>
    public static ModelCost Of(ClipConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var text = config.Text;
        var texts = Transformer(text.ContextLength, text.Width, text.MlpWidth, text.Layers);
        var image = config.Vision switch
        {
            ResNetConfig resNet => ResNet(resNet, config.EmbedDim),
            ConvNextConfig convNext => ConvNext(convNext, config.EmbedDim),
            _ => Vit((VisionTransformerConfig)config.Vision, config.EmbedDim),
        };
        return new ModelCost(2 * image, 2 * texts);
    }

    private static double Vit(VisionTransformerConfig vision, double embedDim) =>
        Convolution(3, vision.Width, vision.PatchSize, vision.ImageSize / vision.PatchSize)
        + Transformer(vision.Tokens, vision.Width, vision.MlpWidth, vision.Layers)
        + (vision.Pooling == VisionPooling.AttentionHead ? Head(vision.Tokens, vision.Width, vision.MlpWidth) : 0)
        + (vision.AttentionalPool is { } pool ? Queries(pool.Queries, vision.Tokens, vision.Width, embedDim) : 0);

    /// <summary>CoCa's pooling: queries and tokens are projected into the shared space's width, and its result within it.</summary>
    private static double Queries(double queries, double tokens, double width, double embedDim) =>
        2 * queries * embedDim * embedDim + 2 * tokens * width * embedDim + 2 * queries * tokens * embedDim;

    /// <summary>SigLIP's probe: one query attends to all tokens, whose keys and values are projected, and an MLP follows.</summary>
    private static double Head(double tokens, double width, double mlpWidth) =>
        2 * tokens * width * width + 2 * tokens * width + 2 * width * width + 2 * width * mlpWidth;

    private static double Transformer(double tokens, double width, double mlpWidth, int layers) =>
        layers * (tokens * width * (4 * width + 2 * mlpWidth) + 2 * tokens * tokens * width);

    private static double ConvNext(ConvNextConfig vision, int embedDim)
    {
        double sum = 0, side = vision.ImageSize / 4;
        for (var stage = 0; stage < vision.Widths.Count; stage++)
        {
            if (stage > 0) side = Math.Floor(side / 2);
            double width = vision.Widths[stage], inputs = stage == 0 ? 3 : vision.Widths[stage - 1];
            sum += Convolution(inputs, width, stage == 0 ? 4 : 2, side)
                + vision.Depths[stage] * (Convolution(1, width, 7, side) + Convolution(width, 8 * width, 1, side));
        }

        double last = vision.Widths[^1];
        return sum + (vision.HasTwoLayers ? 2 * embedDim * (last + embedDim) : last * embedDim);
    }

    private static double ResNet(ResNetConfig vision, int embedDim)
    {
        double width = vision.Width, side = vision.ImageSize / 2.0;
        var sum = Convolution(3, width / 2, 3, side) + Convolution(width / 2, width / 2, 3, side) + Convolution(width / 2, width, 3, side);
        side /= 2;
        var inputs = width;
        for (var stage = 0; stage < vision.Blocks.Count; stage++)
        {
            double planes = vision.Width << stage, outputs = ResNetConfig.Expansion * planes;
            for (var i = 0; i < vision.Blocks[stage]; i++)
            {
                // The average pool that halves the image stands before the third convolution and the shortcut's.
                sum += Convolution(inputs, planes, 1, side) + Convolution(planes, planes, 3, side);
                if (i == 0 && stage > 0) side /= 2;
                sum += Convolution(planes, outputs, 1, side);
                if (i == 0) sum += Convolution(inputs, outputs, 1, side);
                inputs = outputs;
            }
        }

        double tokens = vision.Tokens, features = vision.Features;
        return sum + tokens * features * (3 * features + embedDim) + 2 * tokens * tokens * features;
    }

    private static double Convolution(double inputs, double outputs, double kernel, double side) =>
        inputs * outputs * kernel * kernel * side * side;
}
