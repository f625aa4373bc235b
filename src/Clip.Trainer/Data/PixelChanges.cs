using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Clip.Trainer.Data;

/// <summary>Augmentations on pixels of four bytes (red, green, blue, ignored).</summary>
internal static class PixelChanges
{
    // ITU-R 601 luma, as Pillow's convert("L") weighs it.
    private static readonly Vector128<float> Luma = Vector128.Create(0.299f, 0.587f, 0.114f, 0);

    /// <summary>Mirrors every row.</summary>
    public static void Flip(Span<byte> pixels, int width)
    {
        var whole = MemoryMarshal.Cast<byte, uint>(pixels);
        for (var row = 0; row < whole.Length; row += width) whole.Slice(row, width).Reverse();
    }

    /// <summary>
    /// torchvision's brightness (towards black), contrast (towards the mean grey) and saturation (towards each pixel's own grey), in
    /// this order; 1 changes nothing.
    /// </summary>
    public static void Color(Span<byte> pixels, float brightness, float contrast, float saturation)
    {
        // One pass after a sum: every step is linear in the pixel, and grey is linear too.
        var mean = brightness * MeanLuma(pixels);
        var keep = Vector128.Create(brightness * contrast * saturation);
        var grey = Luma * (brightness * contrast * (1 - saturation));
        var shift = Vector128.Create(mean * (1 - contrast) + 0.5f);
        for (var i = 0; i < pixels.Length; i += 4)
        {
            var pixel = Vector128.Create((float)pixels[i], pixels[i + 1], pixels[i + 2], 0);
            var changed = pixel * keep + Vector128.Create(Vector128.Dot(pixel, grey)) + shift;
            var bytes = Vector128.ConvertToInt32(Vector128.Min(Vector128.Max(changed, Vector128<float>.Zero), Vector128.Create(255f)));
            (pixels[i], pixels[i + 1], pixels[i + 2]) = ((byte)bytes[0], (byte)bytes[1], (byte)bytes[2]);
        }
    }

    private static float MeanLuma(ReadOnlySpan<byte> pixels)
    {
        long red = 0, green = 0, blue = 0;
        for (var i = 0; i < pixels.Length; i += 4)
        {
            red += pixels[i];
            green += pixels[i + 1];
            blue += pixels[i + 2];
        }

        return Vector128.Dot(Vector128.Create((float)red, green, blue, 0), Luma) / (pixels.Length / 4);
    }
}
