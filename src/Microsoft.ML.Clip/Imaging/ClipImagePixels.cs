using Microsoft.ML.Clip.Imaging;

namespace Microsoft.ML.Clip;

/// <summary>A picture that a <see cref="ClipImageDecoder"/> has decoded.</summary>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
/// <param name="Kind">What the four bytes of a pixel are.</param>
/// <param name="Bytes">4 · <paramref name="Width"/> · <paramref name="Height"/> bytes, row by row from the top.</param>
public sealed record ClipImagePixels(int Width, int Height, ClipPixelKind Kind, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>
    /// The pixel that a crop larger than the picture is filled up with, lowest byte first; 0 by default. The reference fills up palettes
    /// with the color of index 0.
    /// </summary>
    public uint Outside { get; init; }
}

/// <summary>What the bytes of a pixel mean, and so how it is resized.</summary>
public enum ClipPixelKind
{
    /// <summary>Red, green, blue and a byte without meaning. Grey has three equal ones.</summary>
    Rgb,

    /// <summary>Red, green, blue and alpha, not premultiplied: resized premultiplied, then alpha is dropped.</summary>
    Rgba,

    /// <summary>Red, green and blue of a palette, or of black and white of one bit: resized by nearest whatever the filter.</summary>
    Palette,

    /// <summary>Cyan, magenta, yellow and black, 0 for no ink: resized so, then converted to RGB.</summary>
    Cmyk,
}
