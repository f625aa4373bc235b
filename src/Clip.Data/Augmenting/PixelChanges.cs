using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Clip.Data.Augmenting;

/// <summary>Augmentations that look at one pixel at a time, on pixels of four bytes (red, green, blue, ignored), in place.</summary>
internal static class PixelChanges
{
    // ITU-R 601 luma, as Pillow's convert("L") weighs it.
    private const float Red = 0.299f, Green = 0.587f, Blue = 0.114f;

    private delegate void Change<T>(ref PixelVector pixels, Span<uint> destination, in T settings);

    /// <summary>Mirrors every row.</summary>
    public static void Flip(Span<byte> pixels, int width)
    {
        var whole = MemoryMarshal.Cast<byte, uint>(pixels);
        for (var row = 0; row < whole.Length; row += width) whole.Slice(row, width).Reverse();
    }

    /// <summary>
    /// torchvision's brightness (towards black), contrast (towards the mean gray) and saturation (towards each pixel's own gray), in
    /// this order; 1 changes nothing. Clipped to bytes once, at the end.
    /// </summary>
    public static void Color(Span<byte> pixels, float brightness, float contrast, float saturation)
    {
        // One pass after a sum: every step is linear in the pixel, and gray is linear too.
        var mean = brightness * MeanLuma(pixels);
        var keep = brightness * contrast * saturation;
        var gray = brightness * contrast * (1 - saturation);
        var shift = mean * (1 - contrast);
        Each(pixels, (keep, gray, shift), static (
            ref PixelVector eight, Span<uint> destination, in (float Keep, float Gray, float Shift) s) =>
        {
            var (red, green, blue) = (PixelVector.Float(eight.Reds), PixelVector.Float(eight.Greens), PixelVector.Float(eight.Blues));
            var common = (red * (s.Gray * Red)) + (green * (s.Gray * Green)) + (blue * (s.Gray * Blue)) + Vector256.Create(s.Shift);
            eight.Write((red * s.Keep) + common, (green * s.Keep) + common, (blue * s.Keep) + common, destination);
        });
    }

    /// <summary>Turns every pixel's hue, as torchvision's adjust_hue; value and saturation (of HSV) stay.</summary>
    /// <param name="pixels">The pixels.</param>
    /// <param name="turn">In whole turns of the color circle; 0.5 gives the complements.</param>
    public static void Hue(Span<byte> pixels, float turn)
    {
        Each(pixels, turn * 6, static (ref PixelVector eight, Span<uint> destination, in float sixths) =>
        {
            var (red, green, blue) = (PixelVector.Float(eight.Reds), PixelVector.Float(eight.Greens), PixelVector.Float(eight.Blues));
            var value = Vector256.Max(red, Vector256.Max(green, blue));
            var chroma = value - Vector256.Min(red, Vector256.Min(green, blue));
            var each = Vector256<float>.One / Vector256.Max(chroma, Vector256<float>.One); // a gray's hue changes nothing
            var hue = Vector256.ConditionalSelect(
                Vector256.Equals(value, red),
                (green - blue) * each,
                Vector256.ConditionalSelect(
                    Vector256.Equals(value, green),
                    ((blue - red) * each) + Vector256.Create(2f),
                    ((red - green) * each) + Vector256.Create(4f)));
            hue += Vector256.Create(sixths);
            eight.Write(Channel(5), Channel(3), Channel(1), destination);

            // How far a channel lies below the value depends on the distance from its own place in the circle.
            Vector256<float> Channel(float place)
            {
                var k = hue + Vector256.Create(place);
                k -= Vector256.Floor(k * (1f / 6)) * 6f;
                var below = Vector256.Min(k, Vector256.Create(4f) - k);
                return value - (chroma * Vector256.Max(Vector256.Min(below, Vector256<float>.One), Vector256<float>.Zero));
            }
        });
    }

    /// <summary>Puts premultiplied pixels (red, green, blue, alpha) onto a color.</summary>
    public static void Compose(Span<byte> pixels, (byte Red, byte Green, byte Blue) background)
    {
        for (var i = 0; i <= pixels.Length - 4; i += 4)
        {
            var through = 255 - pixels[i + 3];
            if (through == 0) continue;
            pixels[i] = Over(pixels[i], background.Red);
            pixels[i + 1] = Over(pixels[i + 1], background.Green);
            pixels[i + 2] = Over(pixels[i + 2], background.Blue);

            byte Over(byte color, byte behind) => (byte)Math.Min(255, color + (((behind * through) + 127) / 255));
        }
    }

    private static void Each<T>(Span<byte> pixels, T settings, Change<T> change)
    {
        var whole = MemoryMarshal.Cast<byte, uint>(pixels);
        var i = 0;
        for (; i <= whole.Length - PixelVector.Count; i += PixelVector.Count)
        {
            var eight = new PixelVector(whole.Slice(i, PixelVector.Count));
            change(ref eight, whole.Slice(i, PixelVector.Count), settings);
        }

        if (i == whole.Length) return;
        Span<uint> rest = stackalloc uint[PixelVector.Count];
        whole[i..].CopyTo(rest);
        var last = new PixelVector(rest);
        change(ref last, rest, settings);
        rest[..(whole.Length - i)].CopyTo(whole[i..]);
    }

    private static float MeanLuma(ReadOnlySpan<byte> pixels)
    {
        var whole = MemoryMarshal.Cast<byte, uint>(pixels);
        Vector256<uint> reds = default, greens = default, blues = default;
        var i = 0;
        for (; i <= whole.Length - PixelVector.Count; i += PixelVector.Count)
        {
            var eight = new PixelVector(whole.Slice(i, PixelVector.Count));
            reds += eight.Reds;
            greens += eight.Greens;
            blues += eight.Blues;
        }

        var (red, green, blue) = ((double)Vector256.Sum(reds), (double)Vector256.Sum(greens), (double)Vector256.Sum(blues));
        foreach (var pixel in whole[i..])
        {
            red += pixel & 0xFF;
            green += (pixel >> 8) & 0xFF;
            blue += (pixel >> 16) & 0xFF;
        }

        return (float)(((red * Red) + (green * Green) + (blue * Blue)) / whole.Length);
    }
}
