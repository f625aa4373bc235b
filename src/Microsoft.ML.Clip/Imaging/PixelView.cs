namespace Microsoft.ML.Clip.Imaging;

/// <summary>A rectangle of interleaved pixels, four bytes each, in somebody else's memory.</summary>
internal readonly ref struct PixelView
{
    public PixelView(ReadOnlySpan<byte> pixels, int stride, int width, int height, PixelMode mode, uint outside = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 4 * width);
        ArgumentOutOfRangeException.ThrowIfLessThan(pixels.Length, Extent(stride, width, height), nameof(pixels));
        Pixels = pixels;
        (Stride, Width, Height, Mode, Outside) = (stride, width, height, mode, outside);
    }

    /// <summary>The bytes, from the first pixel on.</summary>
    public ReadOnlySpan<byte> Pixels { get; }

    /// <summary>Bytes from a row to the next.</summary>
    public int Stride { get; }

    public int Width { get; }

    public int Height { get; }

    public PixelMode Mode { get; }

    /// <summary>The pixel, in <see cref="Mode"/>, of what lies outside.</summary>
    public uint Outside { get; }

    /// <inheritdoc cref="DecodedImage.Reduced"/>
    public ReducedSize? Reduced { get; init; }

    /// <summary>The bytes of row <paramref name="y"/>.</summary>
    public ReadOnlySpan<byte> Row(int y) => Pixels.Slice(y * Stride, 4 * Width);

    /// <summary>A part of this, as torchvision's <c>resized_crop</c> sees it: what lies outside has no influence.</summary>
    public PixelView Crop(int left, int top, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(left);
        ArgumentOutOfRangeException.ThrowIfNegative(top);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(left + width, Width);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(top + height, Height);
        return new(Pixels[((top * Stride) + (4 * left))..], Stride, width, height, Mode, Outside);
    }

    /// <summary>How many bytes a rectangle spans: its last row need not be a whole stride long.</summary>
    public static int Extent(int stride, int width, int height) => height == 0 ? 0 : checked(((height - 1) * stride) + (4 * width));
}
