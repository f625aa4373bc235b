using System.Buffers.Binary;

namespace Microsoft.ML.Clip.Imaging;

/// <summary>
/// Decodes a BMP as Pillow does where Skia does otherwise: palettes shorter than the indices reach, 16 bits a pixel, no file header.
/// </summary>
internal static class BmpImage
{
    /// <summary>Pillow's v · 255 / 31 and v · 255 / 63, cut off, by the value as Skia widens it: its upper bits are v.</summary>
    private static readonly byte[] FiveBits = [.. Enumerable.Range(0, 256).Select(wide => (byte)((wide >> 3) * 255 / 31))];
    private static readonly byte[] SixBits = [.. Enumerable.Range(0, 256).Select(wide => (byte)((wide >> 2) * 255 / 63))];

    public static DecodedImage Decode(ReadOnlySpan<byte> encoded, BmpHeader header, long maxPixels)
    {
        if (header.Start == 0)
        {
            encoded = WithFileHeader(encoded, header);
            header = header with { Start = BmpHeader.FileHeader };
        }

        var palette = header.Palette(encoded);
        var mode = header.Mode(encoded);
        var isShort = header.Colors > 0 && header.Colors < 1 << header.Bits && palette.Length == header.PaletteLength
            && BinaryPrimitives.ReadUInt32LittleEndian(encoded[10..]) >= header.PaletteStart + header.PaletteLength;
        var image = ImageDecoder.DecodeWithSkia(isShort ? WithFullPalette(encoded, header) : encoded, maxPixels, mode);
        if (header.Bits == 16) Narrow(image.Pixels, HasSixGreens(encoded, header));
        if (mode == PixelMode.Palette && palette.Length >= 3) image.Outside = Palette.Color([palette[2], palette[1], palette[0]]);
        return image;
    }

    private static byte[] WithFileHeader(ReadOnlySpan<byte> dib, BmpHeader header)
    {
        var file = new byte[BmpHeader.FileHeader + dib.Length];
        "BM"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(2), file.Length);
        var masks = header.HasMasksBehind(dib) ? 12 : 0;
        BinaryPrimitives.WriteInt32LittleEndian(
            file.AsSpan(10), BmpHeader.FileHeader + header.PaletteStart + masks + header.PaletteLength);
        dib.CopyTo(file.AsSpan(BmpHeader.FileHeader));
        return file;
    }

    private static byte[] WithFullPalette(ReadOnlySpan<byte> bmp, BmpHeader header)
    {
        var full = header.Entry << header.Bits;
        var (start, more) = (header.PaletteStart, full - header.PaletteLength);
        var copy = new byte[bmp.Length + more];
        bmp[..start].CopyTo(copy);
        Palette.Complete(header.Palette(bmp), copy.AsSpan(start, full), header.Entry);
        bmp[(start + header.PaletteLength)..].CopyTo(copy.AsSpan(start + full));
        var pixels = copy.AsSpan(10);
        BinaryPrimitives.WriteUInt32LittleEndian(pixels, BinaryPrimitives.ReadUInt32LittleEndian(pixels) + (uint)more);
        BinaryPrimitives.WriteInt32LittleEndian(copy.AsSpan(header.Start + 32), 1 << header.Bits);
        return copy;
    }

    /// <summary>Whether green has six bits: only masks say so, which lie in or behind the header.</summary>
    private static bool HasSixGreens(ReadOnlySpan<byte> bmp, BmpHeader header)
    {
        const uint BitFields = 3, SixGreens = 0x7E0;
        var mask = header.Start + 44;
        return header.Size >= 40 && BinaryPrimitives.ReadUInt32LittleEndian(bmp[(header.Start + 16)..]) == BitFields
            && bmp.Length >= mask + 4 && BinaryPrimitives.ReadUInt32LittleEndian(bmp[mask..]) == SixGreens;
    }

    private static void Narrow(Span<byte> pixels, bool hasSixGreens)
    {
        var greens = hasSixGreens ? SixBits : FiveBits;
        for (var i = 0; i <= pixels.Length - 4; i += 4)
        {
            pixels[i] = FiveBits[pixels[i]];
            pixels[i + 1] = greens[pixels[i + 1]];
            pixels[i + 2] = FiveBits[pixels[i + 2]];
        }
    }
}
