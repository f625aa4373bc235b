using Clip.Conversion.Configs;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>An image tower: pixels in, one projected feature an image out, and on request the grid it was pooled from.</summary>
public abstract class ImageTower : nn.Module<Tensor, Tensor>
{
    private protected ImageTower(string name, int gridWidth)
        : base(name) => GridWidth = gridWidth;

    /// <summary>Channels G of a place of the grid.</summary>
    public int GridWidth { get; }

    /// <summary>Creates the tower that a config asks for, with random weights from torch's global generator.</summary>
    /// <param name="config">The model's sizes.</param>
    public static ImageTower Create(ClipConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config.Vision switch
        {
            VisionTransformerConfig vision => new VisionTransformer(vision, config),
            ConvNextConfig vision => new ConvNext(vision, config.EmbedDim),
            ResNetConfig vision => new ModifiedResNet(vision, config.EmbedDim),
            _ => throw new ArgumentException($"There is no image tower for a {config.Vision.GetType().Name}.", nameof(config)),
        };
    }

    /// <summary>Encodes images and keeps their places.</summary>
    /// <param name="input">[B, 3, S, S] normalized pixels.</param>
    /// <returns>The features [B, D], as <c>forward</c> gives them, and the grid [B, P, G], row by row.</returns>
    public abstract (Tensor Feature, Tensor Grid) WithGrid(Tensor input);
}
