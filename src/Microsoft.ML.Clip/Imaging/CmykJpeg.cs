namespace Microsoft.ML.Clip.Imaging;

/// <summary>
/// The inks of a CMYK JPEG, which Skia only hands out converted to RGB. Two copies of the file that each lack one component decode as
/// ordinary three-channel JPEGs, the first to cyan, magenta, yellow, the second to black; nothing is decoded by code of ours.
/// </summary>
internal static class CmykJpeg
{
    /// <summary>What the copy that is read for its black lacks: not cyan, which alone has the full resolution in many files.</summary>
    private const int Magenta = 1;
    private const int Black = 3;

    /// <summary>Whether this is a JPEG with four components.</summary>
    public static bool IsCmyk(ReadOnlySpan<byte> encoded)
    {
        if (!JpegSegment.IsJpeg(encoded)) return false;
        for (var position = 2; JpegSegment.TryRead(encoded, ref position, out var segment);)
        {
            if (segment.IsFrame) return segment.Body.Length > 5 && segment.Body[5] == 4;
            if (segment.Marker == JpegSegment.StartOfScan) return false;
        }

        return false;
    }

    /// <summary>
    /// Decodes the inks, or gives <see langword="null"/> for a file whose components cannot be parted (arithmetic coding, magenta or
    /// black alone at the full resolution, damage): Skia's own conversion, which is off by one here and there, then has to do.
    /// </summary>
    public static DecodedImage? TryDecode(ReadOnlySpan<byte> encoded, long maxPixels)
    {
        if (JpegComponentFilter.Remove(encoded, Black, asStored: false) is not { } inksFile) return null;
        if (JpegComponentFilter.Remove(encoded, Magenta, asStored: true) is not { } blackFile) return null;
        var image = ImageDecoder.DecodeWithSkia(inksFile.Jpeg, maxPixels, PixelMode.Cmyk);
        try
        {
            using var black = ImageDecoder.DecodeWithSkia(blackFile.Jpeg, maxPixels, PixelMode.Rgb);
            Combine(image.Pixels, black.Pixels, inksFile.IsYcck);
            return image;
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Files store inks inverted, 255 for none, as Adobe does and Pillow takes for granted. YCCK stores the inks' complement as YCbCr, so
    /// that what came out as RGB is inverted already.
    /// </summary>
    private static void Combine(Span<byte> inks, ReadOnlySpan<byte> black, bool isYcck)
    {
        var mask = (byte)(isYcck ? 0 : 255);
        for (var i = 0; i <= inks.Length - 4; i += 4)
        {
            inks[i] ^= mask;
            inks[i + 1] ^= mask;
            inks[i + 2] ^= mask;
            inks[i + 3] = (byte)(255 - black[i + 2]);
        }
    }
}
