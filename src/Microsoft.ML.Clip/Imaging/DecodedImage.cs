using System.Buffers;

namespace Microsoft.ML.Clip.Imaging;

/// <summary>A decoded image in pooled memory, four interleaved bytes a pixel. Dispose it to give the memory back.</summary>
internal sealed class DecodedImage : IDisposable
{
    private byte[]? _pixels;

    /// <summary>Takes memory for <paramref name="width"/> × <paramref name="height"/> pixels, with whatever bytes are in it.</summary>
    public DecodedImage(int width, int height, PixelMode mode)
    {
        (Width, Height, Mode) = (width, height, mode);
        _pixels = ArrayPool<byte>.Shared.Rent(checked(4 * width * height));
    }

    public int Width { get; }

    public int Height { get; }

    public PixelMode Mode { get; private set; }

    /// <summary>All pixels, row after row.</summary>
    public Span<byte> Pixels
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pixels is null, this);
            return _pixels.AsSpan(0, 4 * Width * Height);
        }
    }

    /// <summary>The pixel, in this image's mode, of what lies outside it: all zeros by default, as in the reference.</summary>
    public uint Outside { get; set; }

    /// <summary>What of it is the picture, where that was decoded at a fraction of its size; null where it was not.</summary>
    public ReducedSize? Reduced { get; init; }

    public PixelView View => new(Pixels, 4 * Width, Width, Height, Mode, Outside) { Reduced = Reduced };

    /// <summary>Turns the pixels into RGB in place, as Pillow's <c>convert("RGB")</c> does; alpha is dropped, not composed.</summary>
    public void ConvertToRgb()
    {
        PixelConversion.ToRgb(Pixels, Mode);
        (Mode, Outside) = (PixelMode.Rgb, 0);
    }

    /// <summary>Lays transparent pixels on a colour, in place; an image without alpha stays as it is.</summary>
    /// <param name="background">Red, green and blue; null changes nothing.</param>
    public void LayOn(byte[]? background)
    {
        if (background is null || Mode is not (PixelMode.Rgba or PixelMode.RgbaPremultiplied)) return;
        // Out of premultiplied pixels first, so that both kinds go the same way.
        PixelConversion.ToRgb(Pixels, Mode);
        PixelConversion.LayOn(Pixels, background);
        Mode = PixelMode.Rgb;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _pixels, null) is { } pixels) ArrayPool<byte>.Shared.Return(pixels);
    }
}
