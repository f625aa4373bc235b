using System.Buffers.Binary;
using System.IO.Compression;

namespace Microsoft.ML.Clip.Imaging;

/// <summary>
/// Decodes a PNG as Pillow does where Skia does otherwise: 16-bit grey, palettes shorter than the indices reach, damage
/// around the pixels, at which Pillow does not look. Each time Skia gets an altered copy of the file.
/// </summary>
internal static class PngImage
{
    private const int FirstChunk = 8;

    private static readonly byte[] End = [0, 0, 0, 0, .. "IEND"u8, 0xAE, 0x42, 0x60, 0x82];

    public static DecodedImage Decode(ReadOnlySpan<byte> encoded, PngHeader png, long maxPixels, Gray16Conversion gray16)
    {
        if (png.IsGray16)
        {
            var copy = encoded.ToArray();
            PngHeader.PretendGrayAlpha8(copy);
            // The upper byte came out as grey, the lower as alpha: read as RGB this is the grey scaled to 8 bits.
            return DecodeMended(copy, maxPixels, gray16 == Gray16Conversion.Clip ? PixelMode.Gray16 : PixelMode.Rgb);
        }

        if (png.ColorType != PngHeader.Indexed || FindPalette(encoded) is not { } palette)
            return DecodeMended(encoded, maxPixels, png.Mode);
        var full = 3 << png.BitDepth;
        // A palette whose own checksum is wrong is left to Skia, which refuses it.
        var isRight = BinaryPrimitives.ReadUInt32BigEndian(encoded[(palette.Start + palette.Length)..])
            == PngHeader.Crc32(encoded.Slice(palette.Start - 4, 4 + palette.Length));
        var image = palette.Length >= full || !isRight
            ? DecodeMended(encoded, maxPixels, png.Mode)
            : DecodeMended(WithFullPalette(encoded, palette, full), maxPixels, png.Mode);
        image.Outside = palette.Length < 3 ? 0 : Palette.Color(encoded.Slice(palette.Start, 3));
        return image;
    }

    private static DecodedImage DecodeMended(ReadOnlySpan<byte> encoded, long maxPixels, PixelMode mode)
    {
        try
        {
            return ImageDecoder.DecodeWithSkia(encoded, maxPixels, mode);
        }
        catch (InvalidDataException) when (WithRightChecksums(encoded) is { } mended)
        {
            return ImageDecoder.DecodeWithSkia(mended, maxPixels, mode);
        }
    }

    private static (int Start, int Length)? FindPalette(ReadOnlySpan<byte> png)
    {
        for (var at = FirstChunk; TryReadChunk(png, at, out var type, out var length); at += 12 + length)
        {
            if (type == Type("PLTE"u8)) return (at + 8, length);
            if (type == Type("IDAT"u8)) break;
        }

        return null;
    }

    private static byte[] WithFullPalette(ReadOnlySpan<byte> png, (int Start, int Length) palette, int full)
    {
        var copy = new byte[png.Length + full - palette.Length];
        png[..palette.Start].CopyTo(copy);
        BinaryPrimitives.WriteInt32BigEndian(copy.AsSpan(palette.Start - 8), full);
        Palette.Complete(png.Slice(palette.Start, palette.Length), copy.AsSpan(palette.Start, full), entry: 3);
        png[(palette.Start + palette.Length)..].CopyTo(copy.AsSpan(palette.Start + full));
        WriteChecksum(copy, palette.Start - 8, full);
        return copy;
    }

    /// <summary>
    /// The file with the pixels' checksums made right and nothing but the end behind them, as Pillow looks at neither; null where the
    /// pixels are not what was packed, which their own checksum tells.
    /// </summary>
    private static byte[]? WithRightChecksums(ReadOnlySpan<byte> png)
    {
        using var packed = new MemoryStream();
        var at = FirstChunk;
        for (; TryReadChunk(png, at, out var type, out var length); at += 12 + length)
        {
            if (type == Type("IDAT"u8)) packed.Write(png.Slice(at + 8, length));
            else if (packed.Length > 0) break;
        }

        if (packed.Length == 0 || !IsWhole(packed)) return null;
        byte[] mended = [.. png[..at], .. End];
        for (at = FirstChunk; TryReadChunk(mended, at, out var type, out var length); at += 12 + length)
        {
            if (type == Type("IDAT"u8)) WriteChecksum(mended, at, length);
        }

        return mended;
    }

    private static bool IsWhole(MemoryStream packed)
    {
        packed.Position = 0;
        try
        {
            using var zlib = new ZLibStream(packed, CompressionMode.Decompress);
            zlib.CopyTo(Stream.Null);
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static bool TryReadChunk(ReadOnlySpan<byte> png, int at, out uint type, out int length)
    {
        (type, length) = (0, 0);
        if (at > png.Length - 12) return false;
        var (size, room) = (BinaryPrimitives.ReadUInt32BigEndian(png[at..]), png.Length - at - 12);
        if (size > room) return false;
        (type, length) = (Type(png[(at + 4)..]), (int)size);
        return true;
    }

    private static uint Type(ReadOnlySpan<byte> name) => BinaryPrimitives.ReadUInt32BigEndian(name);

    private static void WriteChecksum(Span<byte> png, int at, int length) => BinaryPrimitives.WriteUInt32BigEndian(
        png[(at + 8 + length)..], PngHeader.Crc32(png.Slice(at + 4, 4 + length)));
}
