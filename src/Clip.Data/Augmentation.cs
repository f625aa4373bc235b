using System.Buffers;
using Clip.Conversion.Initialization;
using Clip.Data.Augmenting;

namespace Clip.Data;

/// <summary>
/// What happens to a training image between decoding and normalizing, in the order of the properties; the defaults are CLIP's, which only
/// crops. What is left at its default draws no random number.
/// </summary>
public sealed record Augmentation
{
    /// <summary>
    /// ConVIRT's augmentation (Zhang et al. 2020, section 3.2): crops of at least 60 % of the area, mirrored half the time, turned up to
    /// 20°, moved by up to a tenth, zoomed by up to 5 %, jittered by 0.4, blurred. There saturation stays, and the blur goes to 3 pixels.
    /// </summary>
    public static Augmentation ConVirt { get; } = new()
    {
        Crop = new RandomResizedCrop(0.6),
        FlipChance = 0.5,
        Rotation = 20,
        Translation = 0.1,
        Zoom = 0.05,
        ColorJitter = 0.4,
        BlurChance = 1,
    };

    /// <summary>The part of the image that is shown.</summary>
    public RandomResizedCrop Crop { get; init; } = new();

    /// <summary>What transparent images lie on; null drops their alpha, as inference does.</summary>
    public Background? Background { get; init; }

    /// <summary>Whether alpha is dropped even where the model that a run starts from lays its pictures on a background.</summary>
    public bool DropsAlpha { get; init; }

    /// <summary>The chance of mirroring left and right.</summary>
    public double FlipChance { get; init; }

    /// <summary>The most degrees an image is rotated, either way.</summary>
    public double Rotation { get; init; }

    /// <summary>The largest share of the image's size that it is moved, either way on each axis.</summary>
    public double Translation { get; init; }

    /// <summary>How far the size is changed: a factor is drawn from [1 − zoom, 1 + zoom].</summary>
    public double Zoom { get; init; }

    /// <summary>
    /// The chance of becoming a drawing in line: dark where color changes, and in between the picture's own colors, paled to a random
    /// degree between white and not at all.
    /// </summary>
    public double OutlineChance { get; init; }

    /// <summary>How far brightness, contrast and saturation are changed: factors are drawn from [1 − jitter, 1 + jitter].</summary>
    public double ColorJitter { get; init; }

    /// <summary>How far hues are turned, in turns of the color circle: drawn from [−hue, hue].</summary>
    public double Hue { get; init; }

    /// <summary>The chance of losing all color.</summary>
    public double GrayscaleChance { get; init; }

    /// <summary>The chance of a Gaussian blur of 0.1 to 2 pixels (SimCLR, appendix A) at 224, in proportion at other sizes.</summary>
    public double BlurChance { get; init; }

    /// <summary>Whether a picture is shown the same in every epoch: nothing is drawn but a crop of all of it.</summary>
    internal bool IsStill
    {
        get
        {
            var nothing = new Augmentation { Crop = Crop, Background = Background, DropsAlpha = DropsAlpha };
            return this == nothing && Crop.MinScale >= 1 && Background is null or { Color: not null };
        }
    }

    /// <summary>Changes pixels in place.</summary>
    /// <param name="pixels">Four bytes a pixel: red, green, blue and one without meaning.</param>
    /// <param name="width">Pixels in a row.</param>
    /// <param name="random">The sample's random numbers.</param>
    internal void Apply(Span<byte> pixels, int width, ref SampleRandom random)
    {
        if (FlipChance > 0 && random.NextDouble() < FlipChance) PixelChanges.Flip(pixels, width);
        if (Rotation > 0 || Translation > 0 || Zoom > 0) Warp(pixels, width, ref random);
        if (OutlineChance > 0 && random.NextDouble() < OutlineChance) Outlines.Apply(pixels, width, (float)random.NextDouble());
        if (ColorJitter > 0)
        {
            var (low, high) = (Math.Max(0, 1 - ColorJitter), 1 + ColorJitter);
            PixelChanges.Color(
                pixels, (float)random.NextDouble(low, high), (float)random.NextDouble(low, high), (float)random.NextDouble(low, high));
        }

        if (Hue > 0) PixelChanges.Hue(pixels, (float)random.NextDouble(-Hue, Hue));
        if (GrayscaleChance > 0 && random.NextDouble() < GrayscaleChance) PixelChanges.Color(pixels, 1, 1, saturation: 0);
        if (BlurChance > 0 && random.NextDouble() < BlurChance) GaussianBlur.Apply(pixels, width, random.NextDouble(0.1, 2) * width / 224);
    }

    private void Warp(Span<byte> pixels, int width, ref SampleRandom random)
    {
        var height = pixels.Length / (4 * width);
        var copy = ArrayPool<byte>.Shared.Rent(pixels.Length);
        try
        {
            pixels.CopyTo(copy);
            var (degrees, zoom) = (random.NextDouble(-Rotation, Rotation), random.NextDouble(1 - Zoom, 1 + Zoom));
            var (right, down) = (
                random.NextDouble(-Translation, Translation) * width, random.NextDouble(-Translation, Translation) * height);
            AffineWarp.Apply(copy.AsSpan(0, pixels.Length), pixels, width, degrees, zoom, right, down);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }
}
