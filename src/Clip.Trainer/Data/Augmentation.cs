namespace Clip.Trainer.Data;

/// <summary>What happens to a training image between decoding and normalising; the defaults are CLIP's, which only crops.</summary>
public sealed record Augmentation
{
    /// <summary>The part of the image that is shown.</summary>
    public RandomResizedCrop Crop { get; init; } = new();

    /// <summary>The chance of mirroring left and right.</summary>
    public double FlipChance { get; init; }

    /// <summary>How far brightness, contrast and saturation are changed: factors are drawn from [1 − jitter, 1 + jitter].</summary>
    public double ColorJitter { get; init; }

    /// <summary>The chance of losing all colour.</summary>
    public double GrayscaleChance { get; init; }

    /// <summary>Changes pixels in place.</summary>
    /// <param name="pixels">Four bytes a pixel: red, green, blue and one without meaning.</param>
    /// <param name="width">Pixels in a row.</param>
    /// <param name="random">The sample's random numbers.</param>
    internal void Apply(Span<byte> pixels, int width, ref SampleRandom random)
    {
        if (FlipChance > 0 && random.NextDouble() < FlipChance) PixelChanges.Flip(pixels, width);
        if (ColorJitter > 0)
        {
            var (low, high) = (Math.Max(0, 1 - ColorJitter), 1 + ColorJitter);
            PixelChanges.Color(pixels, (float)random.NextDouble(low, high), (float)random.NextDouble(low, high), (float)random.NextDouble(low, high));
        }

        if (GrayscaleChance > 0 && random.NextDouble() < GrayscaleChance) PixelChanges.Color(pixels, 1, 1, saturation: 0);
    }
}
