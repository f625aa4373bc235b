using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Clip.Imaging;

/// <summary>Pillow's conversions between pixel modes (its <c>Convert.c</c>), in its integer arithmetic.</summary>
internal static class PixelConversion
{
    /// <summary>Turns pixels of <paramref name="mode"/> into RGB in place; the fourth byte of each is left meaning nothing.</summary>
    public static void ToRgb(Span<byte> pixels, PixelMode mode)
    {
        switch (mode)
        {
            case PixelMode.RgbaPremultiplied:
                Unpremultiply(pixels);
                break;
            case PixelMode.Cmyk:
                CmykToRgb(pixels);
                break;
            case PixelMode.Gray16:
                ClipGray16(pixels);
                break;
            default:
                break; // The colours are there already.
        }
    }

    /// <summary>Multiplies the colours of <paramref name="source"/> by their alpha.</summary>
    public static void Premultiply(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        destination = destination[..source.Length];
        var i = 0;
        for (; i <= source.Length - Vector128<byte>.Count; i += Vector128<byte>.Count)
        {
            var pixels = Vector128.Create(source[i..]);
            // Alpha itself is multiplied by 255, which leaves it as it is.
            var factors = Vector128.Shuffle(pixels, Vector128.Create((byte)3, 3, 3, 3, 7, 7, 7, 7, 11, 11, 11, 11, 15, 15, 15, 15))
                | Vector128.Create(0xFF000000).AsByte();
            var lower = MultiplyBytes(Vector128.WidenLower(pixels), Vector128.WidenLower(factors));
            var upper = MultiplyBytes(Vector128.WidenUpper(pixels), Vector128.WidenUpper(factors));
            Vector128.Narrow(lower, upper).CopyTo(destination[i..]);
        }

        for (; i <= source.Length - 4; i += 4)
        {
            var alpha = source[i + 3];
            destination[i] = MultiplyBytes(source[i], alpha);
            destination[i + 1] = MultiplyBytes(source[i + 1], alpha);
            destination[i + 2] = MultiplyBytes(source[i + 2], alpha);
            destination[i + 3] = alpha;
        }
    }

    /// <summary>Lays pixels with alpha on a colour, in place: Pillow's <c>alpha_composite</c> over an opaque image.</summary>
    /// <param name="pixels">Red, green, blue and alpha, not premultiplied; the alpha is left meaning nothing.</param>
    /// <param name="background">Red, green and blue.</param>
    public static void LayOn(Span<byte> pixels, ReadOnlySpan<byte> background)
    {
        for (var i = 0; i <= pixels.Length - 4; i += 4)
        {
            int alpha = pixels[i + 3];
            if (alpha == 255) continue;
            for (var c = 0; c < 3; c++)
            {
                // The reference divides by 255 with seven more bits of precision than MultiplyBytes.
                var mixed = ((pixels[i + c] * alpha) + (background[c] * (255 - alpha)) + 128) << 7;
                pixels[i + c] = (byte)((mixed + (mixed >> 8)) >> 15);
            }
        }
    }

    /// <summary>Whether every alpha is 255.</summary>
    public static bool IsOpaque(ReadOnlySpan<byte> pixels)
    {
        foreach (var pixel in MemoryMarshal.Cast<byte, uint>(pixels))
        {
            if (pixel < 0xFF000000) return false;
        }

        return true;
    }

    /// <summary>Exchanges the first and the third byte of each pixel.</summary>
    public static void SwapRedAndBlue(Span<byte> pixels)
    {
        for (var i = 0; i <= pixels.Length - 4; i += 4) (pixels[i], pixels[i + 2]) = (pixels[i + 2], pixels[i]);
    }

    private static void Unpremultiply(Span<byte> pixels)
    {
        for (var i = 0; i <= pixels.Length - 4; i += 4)
        {
            int alpha = pixels[i + 3];
            if (alpha is 0 or 255) continue;
            // A bicubic's overshoot can leave a colour above its alpha.
            pixels[i] = (byte)Math.Min(255, 255 * pixels[i] / alpha);
            pixels[i + 1] = (byte)Math.Min(255, 255 * pixels[i + 1] / alpha);
            pixels[i + 2] = (byte)Math.Min(255, 255 * pixels[i + 2] / alpha);
        }
    }

    private static void CmykToRgb(Span<byte> pixels)
    {
        for (var i = 0; i <= pixels.Length - 4; i += 4)
        {
            var light = 255 - pixels[i + 3];
            pixels[i] = (byte)(light - MultiplyBytes(pixels[i], light));
            pixels[i + 1] = (byte)(light - MultiplyBytes(pixels[i + 1], light));
            pixels[i + 2] = (byte)(light - MultiplyBytes(pixels[i + 2], light));
        }
    }

    private static void ClipGray16(Span<byte> pixels)
    {
        for (var i = 0; i <= pixels.Length - 4; i += 4)
        {
            uint gray = pixels[i] == 0 ? pixels[i + 3] : 255u;
            BinaryPrimitives.WriteUInt32LittleEndian(pixels[i..], gray * 0x01010101u);
        }
    }

    /// <summary>a·b/255, rounded.</summary>
    private static byte MultiplyBytes(int a, int b)
    {
        var product = (a * b) + 128;
        return (byte)((product + (product >> 8)) >> 8);
    }

    private static Vector128<ushort> MultiplyBytes(Vector128<ushort> a, Vector128<ushort> b)
    {
        var product = (a * b) + Vector128.Create((ushort)128);
        return (product + (product >> 8)) >> 8;
    }
}
