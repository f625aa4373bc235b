namespace Microsoft.ML.Clip.Imaging;

/// <summary>
/// The inks of a CMYK JPEG, which Skia only hands out converted to RGB. Two copies of the file that each lack one component decode as
/// ordinary three-channel JPEGs, mostly the first to cyan, magenta, yellow, the second to black; no samples are decoded by code of ours.
/// </summary>
internal static class CmykJpeg
{
    private const int Black = 3;

    /// <summary>
    /// What to leave out, the best first: cyan alone has the full resolution in many files. The component that alone has it must stay in
    /// both copies.
    /// </summary>
    private static readonly int[] Removable = [Black, 1, 2, 0];

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
    /// Decodes the inks, or gives <see langword="null"/> for a file whose components cannot be parted (arithmetic coding, damage): Skia's
    /// own conversion then has to do, which is by a few off where the inks change steeply.
    /// </summary>
    public static DecodedImage? TryDecode(ReadOnlySpan<byte> encoded, long maxPixels)
    {
        // Without black, what is left may be YCbCr that the decoder converts; otherwise all components have to come as they are stored.
        if (RemoveFirst(encoded, Removable, out var first) is not { } firstFile) return null;
        if (RemoveFirst(encoded, [.. Removable.Where(i => i != first && i != Black)], out var second) is not { } secondFile) return null;
        var image = ImageDecoder.DecodeWithSkia(firstFile.Jpeg, maxPixels, PixelMode.Cmyk);
        try
        {
            using var other = ImageDecoder.DecodeWithSkia(secondFile.Jpeg, maxPixels, PixelMode.Rgb);
            Combine(image.Pixels, first, other.Pixels, first > second ? first - 1 : first);
            if (firstFile.IsYcck && first != Black) YccToRgb(image.Pixels);
            Invert(image.Pixels, firstFile.IsYcck);
            return image;
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    private static JpegComponentFilter? RemoveFirst(ReadOnlySpan<byte> encoded, int[] candidates, out int removed)
    {
        foreach (var candidate in candidates)
        {
            removed = candidate;
            if (JpegComponentFilter.Remove(encoded, candidate, asStored: candidate != Black) is { } file) return file;
        }

        removed = -1;
        return null;
    }

    /// <summary>Makes room among the three components for the one that lacks, and takes it from the other copy.</summary>
    private static void Combine(Span<byte> pixels, int missing, ReadOnlySpan<byte> other, int place)
    {
        for (var i = 0; i <= pixels.Length - 4; i += 4)
        {
            for (var c = 3; c > missing; c--) pixels[i + c] = pixels[i + c - 1];
            pixels[i + missing] = other[i + place];
        }
    }

    /// <summary>libjpeg's conversion (<c>jdcolor.c</c>), in its integers.</summary>
    private static void YccToRgb(Span<byte> pixels)
    {
        for (var i = 0; i <= pixels.Length - 4; i += 4)
        {
            int y = pixels[i], cb = pixels[i + 1] - 128, cr = pixels[i + 2] - 128;
            pixels[i] = Clamp(y + (((91881 * cr) + 32768) >> 16));
            pixels[i + 1] = Clamp(y + (((-22554 * cb) - (46802 * cr) + 32768) >> 16));
            pixels[i + 2] = Clamp(y + (((116130 * cb) + 32768) >> 16));
        }
    }

    private static byte Clamp(int value) => (byte)Math.Clamp(value, 0, 255);

    /// <summary>
    /// Files store inks inverted, 255 for none, as Adobe does and Pillow takes for granted. YCCK stores the inks' complement as YCbCr, so
    /// that what came out as RGB is inverted already.
    /// </summary>
    private static void Invert(Span<byte> inks, bool isYcck)
    {
        var mask = (byte)(isYcck ? 0 : 255);
        for (var i = 0; i <= inks.Length - 4; i += 4)
        {
            inks[i] ^= mask;
            inks[i + 1] ^= mask;
            inks[i + 2] ^= mask;
            inks[i + 3] ^= 255;
        }
    }
}
