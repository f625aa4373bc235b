using System.Buffers.Binary;
using Microsoft.ML.Clip.Files;

namespace Microsoft.ML.Clip.Imaging;

/// <summary>What Pillow takes a BMP's mode from, with a file's 14 bytes before its header or without (a DIB).</summary>
/// <param name="Start">Where the bitmap's own header begins: behind the file's, or at once.</param>
/// <param name="Size">The length of that header, in bytes.</param>
/// <param name="Bits">Bits a pixel.</param>
/// <param name="Colors">How many colors the palette has; 0 where there is none.</param>
internal readonly record struct BmpHeader(int Start, int Size, int Bits, int Colors)
{
    public const int FileHeader = 14;

    private const int CoreHeader = 12;
    private const uint BitFields = 3;

    /// <summary>Bytes a color of the palette has.</summary>
    public int Entry => Size == CoreHeader ? 3 : 4;

    public int PaletteStart => Start + Size;

    public int PaletteLength => Entry * Colors;

    /// <summary>Reads what the bytes begin with; <see langword="false"/> where that is no bitmap.</summary>
    public static bool TryRead(ReadOnlySpan<byte> encoded, out BmpHeader header)
    {
        header = default;
        var format = FileFormat.Find(encoded);
        if (format != FileFormat.Bmp && format != FileFormat.Dib) return false;
        var start = format == FileFormat.Bmp ? FileHeader : 0;
        int size = encoded[start];
        if (encoded.Length < start + Math.Max(size, CoreHeader) || (size != CoreHeader && size < 40)) return false;
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(encoded[(start + (size == CoreHeader ? 10 : 14))..]);
        var colors = bits > 8 ? 0 : size == CoreHeader ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(encoded[(start + 32)..]);
        if (colors == 0 && bits is 1 or 2 or 4 or 8) colors = 1u << bits;
        header = new(start, size, bits, (int)Math.Min(colors, 65536));
        return true;
    }

    /// <summary>Whether the pixels are said where they lie by three masks behind the header, which only the shortest one has.</summary>
    public bool HasMasksBehind(ReadOnlySpan<byte> encoded) =>
        Size == 40 && BinaryPrimitives.ReadUInt32LittleEndian(encoded[(Start + 16)..]) == BitFields;

    /// <summary>The palette, as far as the file goes.</summary>
    public ReadOnlySpan<byte> Palette(ReadOnlySpan<byte> encoded) =>
        encoded[Math.Min(PaletteStart, encoded.Length)..Math.Min(PaletteStart + PaletteLength, encoded.Length)];

    /// <summary>
    /// Pillow's mode <c>P</c> or <c>1</c> where there is a palette; one that is a grey ramp makes it mode <c>L</c>, and two greys mode
    /// <c>1</c>, which is resized as a palette is.
    /// </summary>
    public PixelMode? Mode(ReadOnlySpan<byte> encoded)
    {
        if (Bits == 16) return PixelMode.Rgb;
        if (Colors == 0) return null;
        return Colors == 2 || !IsGrayRamp(Palette(encoded)) ? PixelMode.Palette : PixelMode.Rgb;
    }

    private bool IsGrayRamp(ReadOnlySpan<byte> palette) =>
        Colors <= 256 && palette.Length >= PaletteLength && Imaging.Palette.IsGrayRamp(palette, Entry);
}
