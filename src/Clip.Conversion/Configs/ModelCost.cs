
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
        var image = config.Vision is ResNetConfig resNet
            ? ResNet(resNet, config.EmbedDim)
            : Vit((VisionTransformerConfig)config.Vision);
        return new ModelCost(2 * image, 2 * texts);
    }

    private static double Vit(VisionTransformerConfig vision) =>
        Convolution(3, vision.Width, vision.PatchSize, vision.ImageSize / vision.PatchSize)
        + Transformer(vision.Tokens, vision.Width, vision.MlpWidth, vision.Layers)
        + (vision.Pooling == VisionPooling.AttentionHead ? Head(vision.Tokens, vision.Width, vision.MlpWidth) : 0);

    /// <summary>SigLIP's probe: one query attends to all tokens, whose keys and values are projected, and an MLP follows.</summary>
    private static double Head(double tokens, double width, double mlpWidth) =>
        2 * tokens * width * width + 2 * tokens * width + 2 * width * width + 2 * width * mlpWidth;

    private static double Transformer(double tokens, double width, double mlpWidth, int layers) =>
        layers * (tokens * width * (4 * width + 2 * mlpWidth) + 2 * tokens * tokens * width);

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
