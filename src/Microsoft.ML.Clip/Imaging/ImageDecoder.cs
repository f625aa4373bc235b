using Microsoft.ML.Clip.Files;
using SkiaSharp;

namespace Microsoft.ML.Clip.Imaging;

/// <summary>
/// Decodes files to the bytes Pillow gives. Skia's codecs do the work; where they hand out less than the file holds (16-bit grey, CMYK,
/// transparent palette entries, indices beyond a palette), they are given an altered copy of the file whose decoding holds it. For
/// EXIF see <see cref="ExifOrientation"/>.
/// </summary>
internal static class ImageDecoder
{
    private static readonly FileFormat[] ReadFormats =
        [
            FileFormat.Jpeg, FileFormat.Png, FileFormat.Gif, FileFormat.WebP, FileFormat.Bmp, FileFormat.Dib, FileFormat.Pnm,
        ];

    /// <summary>Decodes the first image of a file.</summary>
    /// <param name="encoded">The whole file: JPEG, PNG, GIF, WebP, BMP, PPM and whatever else Skia reads.</param>
    /// <param name="maxPixels">The largest image to decode; the header decides, before memory is taken for pixels.</param>
    /// <param name="gray16">What becomes of 16-bit grey: <see cref="PixelMode.Gray16"/> comes out only for <see
    /// cref="Gray16Conversion.Clip"/>.</param>
    /// <exception cref="InvalidDataException">The bytes are no image, are damaged or cut short, or hold more pixels than
    /// allowed.</exception>
    public static DecodedImage Decode(ReadOnlySpan<byte> encoded, long maxPixels, Gray16Conversion gray16)
    {
        if (encoded.IsEmpty) throw new InvalidDataException("The image is empty: it has no bytes.");
        if (PngHeader.TryRead(encoded, out var png)) return PngImage.Decode(encoded, png, maxPixels, gray16);
        if (GifHeader.TryRead(encoded, out var gif)) return DecodeGif(encoded, gif, maxPixels);
        if (CmykJpeg.IsCmyk(encoded)
            && (CmykJpeg.TryDecode(encoded, maxPixels) ?? ClipImageDecoder.TryDecode(encoded, FileFormat.Jpeg.Extension, maxPixels))
                is { } cmyk) return cmyk;
        if (BmpHeader.TryRead(encoded, out var bmp)) return BmpImage.Decode(encoded, bmp, maxPixels);
        if (PnmImage.IsOne(encoded)) return PnmImage.Decode(encoded, maxPixels, gray16);
        if (FileFormat.Find(encoded) is var format && (format is null || !ReadFormats.Contains(format))
            && ClipImageDecoder.TryDecode(encoded, format?.Extension ?? "", maxPixels) is { } image) return image;
        return DecodeWithSkia(encoded, maxPixels, WebPHeader.IsAnimatedWithoutAlpha(encoded) ? PixelMode.Rgb : null);
    }

    /// <summary>Decodes with Skia alone.</summary>
    /// <param name="encoded">The whole file.</param>
    /// <param name="maxPixels">The largest image to decode.</param>
    /// <param name="mode">The mode the file is known to have; otherwise RGB or RGBA, whichever Skia finds.</param>
    internal static unsafe DecodedImage DecodeWithSkia(ReadOnlySpan<byte> encoded, long maxPixels, PixelMode? mode)
    {
        fixed (byte* start = encoded)
        {
            using var data = SKData.Create((nint)start, encoded.Length);
            using var codec = SKCodec.Create(data)
                ?? throw Unreadable(encoded);
            var (width, height) = (codec.Info.Width, codec.Info.Height);
            Limit(width, height, maxPixels);
            mode ??= codec.Info.AlphaType == SKAlphaType.Opaque ? PixelMode.Rgb : PixelMode.Rgba;
            return Read(codec, width, height, mode.Value, reduced: null);
        }
    }

    private static void Limit(int width, int height, long maxPixels)
    {
        if ((long)width * height > Math.Min(maxPixels, Array.MaxLength / 4)) throw TooLarge(width, height, maxPixels);
    }

    private static unsafe DecodedImage Read(SKCodec codec, int width, int height, PixelMode mode, ReducedSize? reduced)
    {
        var image = new DecodedImage(width, height, mode) { Reduced = reduced };
        try
        {
            // No colour space: the reference ignores colour profiles. Unpremul: premultiplied, colours under alpha would be lost.
            var info = new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul, null);
            SKCodecResult result;
            fixed (byte* pixels = image.Pixels) result = codec.GetPixels(info, (nint)pixels);
            if (result == SKCodecResult.Success) return image;
            var full = codec.Info;
            throw new InvalidDataException(result == SKCodecResult.IncompleteInput
                ? $"The image ({full.Width} × {full.Height} {codec.EncodedFormat}) is cut short: its data ends before its pixels do."
                : $"The image ({full.Width} × {full.Height} {codec.EncodedFormat}) is damaged: decoding it ended with {result}.");
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    /// <summary>Decodes a JPEG with Skia at a fraction of its size.</summary>
    /// <param name="encoded">The whole file.</param>
    /// <param name="maxPixels">The largest image to decode, at its full size.</param>
    /// <param name="findDivisor">By what to divide a width and a height: 1, 2, 4 or 8.</param>
    /// <returns>The image; null where it is not to be divided.</returns>
    internal static unsafe DecodedImage? TryDecodeReduced(
        ReadOnlySpan<byte> encoded, long maxPixels, Func<int, int, int> findDivisor)
    {
        fixed (byte* start = encoded)
        {
            using var data = SKData.Create((nint)start, encoded.Length);
            using var codec = SKCodec.Create(data) ?? throw Unreadable(encoded);
            var (width, height) = (codec.Info.Width, codec.Info.Height);
            Limit(width, height, maxPixels);
            var divisor = findDivisor(width, height);
            var size = codec.GetScaledDimensions(1f / divisor);
            // What Skia makes of a fraction that it does not have is no fraction of which the arithmetic here knows.
            if (divisor == 1 || size.Width != Divided(width) || size.Height != Divided(height)) return null;
            return Read(codec, size.Width, size.Height, PixelMode.Rgb, ReducedSize.By(divisor, width, height));

            int Divided(int side) => (side + divisor - 1) / divisor;
        }
    }

    internal static InvalidDataException TooLarge(int width, int height, long maxPixels) =>
        new($"The image claims {width} × {height} pixels, more than the {maxPixels} allowed (MaxPixels): a decompression bomb?");

    /// <summary>Names what was seen, so that the reader knows what to convert or to fetch anew.</summary>
    private static InvalidDataException Unreadable(ReadOnlySpan<byte> encoded)
    {
        const string Readable = "JPEG, PNG, GIF, WebP, BMP, PPM";
        return new(FileFormat.Find(encoded) switch
        {
            null => $"The bytes are not an image of a known format ({Readable}), or its header is damaged.",
            var format when ReadFormats.Contains(format) => $"The file is {format.Name} whose header is damaged.",
            var format when format == FileFormat.LfsPointer =>
                "The file is a Git LFS pointer, not the picture itself: fetch the pictures with 'git lfs pull'.",
            { IsPicture: true } format => $"The picture is {format.Name}, which is not among the formats read ({Readable}): convert it, "
                + "or register a decoder of it (the package Microsoft.ML.Clip.MoreFormats has some).",
            var format => $"The file is {format.Name}, not a picture.",
        });
    }

    private static DecodedImage DecodeGif(ReadOnlySpan<byte> encoded, GifHeader gif, long maxPixels)
    {
        var image = DecodeWithSkia(gif.Mend(encoded), maxPixels, gif.Mode);
        gif.FillAroundFrame(image);
        image.Outside = gif.Outside;
        return image;
    }
}
