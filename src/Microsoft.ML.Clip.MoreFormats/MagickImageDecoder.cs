using ImageMagick;

namespace Microsoft.ML.Clip;

/// <summary>
/// Reads TIFF, TGA, JPEG 2000, HEIC, AVIF, JPEG XL and Photoshop files by ImageMagick, and CMYK JPEGs with arithmetic coding:
/// <c>ClipImageDecoder.Register(new MagickImageDecoder());</c>. Thread-safe.
/// </summary>
/// <remarks>
/// Only these formats: ImageMagick's others, which may run programs or fetch files, are never asked for. Color profiles are ignored,
/// as everywhere in this library, and so is orientation, but for TIFFs, which Pillow turns too, and for what a HEIC or AVIF itself
/// asks for.
/// </remarks>
public sealed class MagickImageDecoder : ClipImageDecoder
{
    /// <summary>Where a JPEG 2000 stream says how many components it has, from its start.</summary>
    private const int ComponentCount = 40;

    private static readonly Dictionary<string, MagickFormat> Formats = new(StringComparer.Ordinal)
    {
        ["tif"] = MagickFormat.Tiff,
        ["tga"] = MagickFormat.Tga,
        ["jp2"] = MagickFormat.Jp2,
        ["heic"] = MagickFormat.Heic,
        ["avif"] = MagickFormat.Avif,
        ["jxl"] = MagickFormat.Jxl,
        ["psd"] = MagickFormat.Psd,
        ["pcx"] = MagickFormat.Pcx,
        ["sgi"] = MagickFormat.Sgi,
        ["dds"] = MagickFormat.Dds,
        ["jpg"] = MagickFormat.Jpeg,
    };

    /// <inheritdoc/>
    public override bool CanDecode(string format) => Formats.ContainsKey(format);

    /// <inheritdoc/>
    public override ClipImagePixels Decode(ReadOnlySpan<byte> encoded, string format, long maxPixels)
    {
        // The first frame only. A bare JPEG 2000 stream has another name than one in a box.
        RefuseUncertain(encoded, format);
        var isBareStream = format == "jp2" && encoded.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x4F]);
        var settings = new MagickReadSettings
        {
            Format = isBareStream ? MagickFormat.J2k : Formats[format],
            FrameIndex = 0,
            FrameCount = 1,
        };
        try
        {
            var header = new MagickImageInfo();
            header.Read(encoded, settings);
            if ((long)header.Width * header.Height > maxPixels)
            {
                throw new InvalidDataException(
                    $"The image claims {header.Width} × {header.Height} pixels, more than the {maxPixels} allowed (MaxPixels).");
            }

            using var image = new MagickImage(encoded, settings);
            return Convert(image, encoded, format);
        }
        catch (MagickException e)
        {
            throw new InvalidDataException($"The image ({Formats[format]}) is damaged, or of a kind that cannot be read: {Reason(e)}", e);
        }
    }

    /// <summary>What happened, without the temporary file and the line of its own source that ImageMagick adds.</summary>
    private static string Reason(MagickException e) => e.Message.Split('`')[0].Trim();

    /// <summary>Kinds that ImageMagick was seen to read otherwise than Pillow: better no picture than a wrong one.</summary>
    private static void RefuseUncertain(ReadOnlySpan<byte> encoded, string format)
    {
        var isGrayWithAlpha = format == "tga"
            ? encoded.Length > 16 && encoded[2] is 3 or 11 && encoded[16] == 16
            : format == "jp2" && encoded.IndexOf((ReadOnlySpan<byte>)[0xFF, 0x4F, 0xFF, 0x51]) is >= 0 and var at
                && encoded.Length > at + ComponentCount + 1 && (encoded[at + ComponentCount] << 8 | encoded[at + ComponentCount + 1]) == 2;
        if (isGrayWithAlpha)
            throw new InvalidDataException($"The picture is a {Formats[format]} of grey with alpha, which is not read: convert it.");
    }

    private static ClipImagePixels Convert(MagickImage image, ReadOnlySpan<byte> encoded, string format)
    {
        if (image.Depth > 16 || image.ColorSpace is not
            (ColorSpace.sRGB or ColorSpace.RGB or ColorSpace.Gray or ColorSpace.LinearGray or ColorSpace.CMYK))
        {
            throw new InvalidDataException(
                $"The picture is a {image.Format} of {image.ColorSpace} with {image.Depth} bits a sample, which is not read: convert it.");
        }

        // Pillow turns TIFFs, and only these, as they ask for.
        if (format == "tif") image.AutoOrient();
        using var pixels = image.GetPixelsUnsafe();
        var (width, height) = ((int)image.Width, (int)image.Height);
        if (image.ClassType == ClassType.Pseudo && format == "tif" && TiffColorMap.Read(encoded) is { } map)
            return FromIndices(pixels.ToArray(), (int)image.ChannelCount, map, width, height);

        // Pillow's modes P and 1, which are resized by nearest, and RGBA of a JPEG 2000, whose fourth component may not say what it is.
        var isOneBit = format == "tif" ? image.Depth == 1 : format == "tga" && encoded[16] == 1;
        var isPalette = isOneBit || image.ClassType == ClassType.Pseudo;
        if (format == "jp2" && image is { ChannelCount: 4, HasAlpha: false } && pixels.ToArray() is { } raw)
            return new(width, height, ClipPixelKind.Rgba, raw);
        var kind = image.ColorSpace == ColorSpace.CMYK ? ClipPixelKind.Cmyk
            : isPalette ? ClipPixelKind.Palette
            : image.HasAlpha ? ClipPixelKind.Rgba : ClipPixelKind.Rgb;
        var mapping = kind == ClipPixelKind.Cmyk ? "CMYK" : "RGBA";
        var bytes = pixels.ToByteArray(mapping)
            ?? throw new InvalidDataException($"The image ({image.Format}) has no pixels that can be read as {mapping}.");
        var first = kind == ClipPixelKind.Palette ? image.GetColormapColor(0) : null;
        return new(width, height, kind, bytes) { Outside = first is null ? 0 : (uint)(first.R | (first.G << 8) | (first.B << 16)) };
    }

    private static ClipImagePixels FromIndices(byte[]? raw, int channels, byte[] map, int width, int height)
    {
        // The index is the last channel, behind the colors that it was looked up to.
        if (raw is null || raw.Length != (long)channels * width * height)
            throw new InvalidDataException("The image (Tiff) has no pixels that can be read as indices of its palette.");
        var bytes = new byte[4 * width * height];
        for (var i = 0; i < width * height; i++)
        {
            var color = 3 * raw[(channels * i) + channels - 1];
            if (color + 2 < map.Length) map.AsSpan(color, 3).CopyTo(bytes.AsSpan(4 * i));
        }

        return new(width, height, ClipPixelKind.Palette, bytes) { Outside = (uint)(map[0] | (map[1] << 8) | (map[2] << 16)) };
    }
}
