using Microsoft.ML.Clip.Imaging;

namespace Microsoft.ML.Clip;

/// <summary>
/// Reads pictures of formats that the library itself does not. Derive from it, or take <c>Microsoft.ML.Clip.MoreFormats</c>, and
/// <see cref="Register"/> it once when the program starts. It has to be thread-safe.
/// </summary>
public abstract class ClipImageDecoder
{
    private static readonly List<ClipImageDecoder> Registered = [];

    /// <summary>Makes everything in this process that takes pictures try a decoder; a later one goes before an earlier one.</summary>
    /// <param name="decoder">The decoder. It is not asked for what the library reads by itself.</param>
    public static void Register(ClipImageDecoder decoder)
    {
        ArgumentNullException.ThrowIfNull(decoder);
        lock (Registered) Registered.Insert(0, decoder);
    }

    /// <summary>Whether this reads a format.</summary>
    /// <param name="format">
    /// The ending that names it, found by the file's first bytes, whatever its name: <c>tif</c>, <c>jp2</c>, <c>tga</c>, <c>heic</c>,
    /// <c>avif</c>, <c>jxl</c>, <c>psd</c>, …; empty where the bytes are those of no known format.
    /// </param>
    public abstract bool CanDecode(string format);

    /// <summary>Decodes the first picture of a file.</summary>
    /// <param name="encoded">The whole file.</param>
    /// <param name="format">What <see cref="CanDecode"/> said yes to.</param>
    /// <param name="maxPixels">The largest picture to decode; to be found out before memory is taken for it.</param>
    /// <exception cref="InvalidDataException">The file is damaged, or has more pixels than allowed.</exception>
    public abstract ClipImagePixels Decode(ReadOnlySpan<byte> encoded, string format, long maxPixels);

    internal static DecodedImage? TryDecode(ReadOnlySpan<byte> encoded, string format, long maxPixels)
    {
        ClipImageDecoder[] decoders;
        lock (Registered) decoders = [.. Registered];
        if (decoders.FirstOrDefault(d => d.CanDecode(format)) is not { } decoder) return null;
        var pixels = decoder.Decode(encoded, format, maxPixels);
        var mode = pixels.Kind switch
        {
            ClipPixelKind.Rgb => PixelMode.Rgb,
            ClipPixelKind.Rgba => PixelMode.Rgba,
            ClipPixelKind.Palette => PixelMode.Palette,
            ClipPixelKind.Cmyk => PixelMode.Cmyk,
            _ => throw new InvalidOperationException($"{decoder.GetType()} gave pixels of an unknown kind, {pixels.Kind}."),
        };
        if ((long)pixels.Width * pixels.Height > Math.Min(maxPixels, Array.MaxLength / 4))
            throw ImageDecoder.TooLarge(pixels.Width, pixels.Height, maxPixels);
        if (pixels.Width < 1 || pixels.Height < 1 || pixels.Bytes.Length != 4L * pixels.Width * pixels.Height)
        {
            throw new InvalidOperationException(
                $"{decoder.GetType()} gave {pixels.Bytes.Length} bytes for {pixels.Width} × {pixels.Height} pixels of four bytes each.");
        }

        var image = new DecodedImage(pixels.Width, pixels.Height, mode) { Outside = pixels.Outside };
        pixels.Bytes.Span.CopyTo(image.Pixels);
        return image;
    }
}
