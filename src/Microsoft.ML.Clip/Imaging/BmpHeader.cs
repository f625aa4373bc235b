using System.Buffers.Binary;

namespace Microsoft.ML.Clip.Imaging;

/// <summary>What Pillow takes a BMP's mode from.</summary>
internal static class BmpHeader
{
    private const int FileHeader = 14;
    private const int CoreHeader = 12;

    /// <summary>
    /// Whether this is a BMP that Pillow opens in mode <c>P</c> or <c>1</c>; a palette that is a grey ramp makes it mode <c>L</c>.
    /// </summary>
    public static bool HasPalette(ReadOnlySpan<byte> encoded)
    {
        if (encoded.Length < FileHeader + 40 || !encoded.StartsWith("BM"u8)) return false;
        var header = BinaryPrimitives.ReadUInt32LittleEndian(encoded[FileHeader..]);
        var isCore = header == CoreHeader;
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(encoded[(FileHeader + (isCore ? 10 : 14))..]);
        if (bits is not (1 or 2 or 4 or 8)) return false;
        var colors = isCore ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(encoded[(FileHeader + 32)..]);
        if (colors == 0) colors = 1u << bits;
        // Two greys are mode 1, which is resized as a palette is.
        return colors == 2 || !IsGreyRamp(encoded, FileHeader + (long)header, isCore ? 3 : 4, colors);
    }

    private static bool IsGreyRamp(ReadOnlySpan<byte> encoded, long start, int entry, uint colors)
    {
        if (colors > 256 || start + (entry * colors) > encoded.Length) return false;
        for (var i = 0; i < colors; i++)
        {
            var color = encoded.Slice((int)start + (entry * i), 3);
            if (color[0] != i || color[1] != i || color[2] != i) return false;
        }

        return true;
    }
}
