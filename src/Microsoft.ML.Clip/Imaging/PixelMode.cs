namespace Microsoft.ML.Clip.Imaging;

/// <summary>What the four bytes of a pixel mean, and so how they may be resized.</summary>
internal enum PixelMode
{
    /// <summary>Red, green, blue; the fourth byte means nothing. Grey images come so too, since three equal channels stay equal.</summary>
    Rgb,

    /// <summary>Red, green, blue of a palette or 1-bit image, which the reference resizes by nearest whatever the filter.</summary>
    Palette,

    /// <summary>Red, green, blue and alpha, not premultiplied.</summary>
    Rgba,

    /// <summary>Red, green, blue already multiplied by the alpha that follows.</summary>
    RgbaPremultiplied,

    /// <summary>Cyan, magenta, yellow, black: 0 is no ink.</summary>
    Cmyk,

    /// <summary>The first byte is the upper, the fourth the lower half of a 16-bit grey.</summary>
    Gray16,
}
