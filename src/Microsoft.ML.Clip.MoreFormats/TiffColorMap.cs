using System.Buffers.Binary;

namespace Microsoft.ML.Clip;

/// <summary>
/// A TIFF's palette, whose numbers of 16 bits Pillow cuts to their upper 8, where ImageMagick rounds them.
/// </summary>
internal static class TiffColorMap
{
    private const int ColorMapTag = 320;
    private const int Entry = 12;

    /// <summary>Red, green and blue of each color of the first page; null where it has no palette, or the file is a BigTIFF.</summary>
    public static byte[]? Read(ReadOnlySpan<byte> tiff)
    {
        if (tiff.Length < 8) return null;
        var isLittle = tiff[0] == 'I';
        int Word(ReadOnlySpan<byte> at) =>
            isLittle ? BinaryPrimitives.ReadUInt16LittleEndian(at) : BinaryPrimitives.ReadUInt16BigEndian(at);
        uint Long(ReadOnlySpan<byte> at) =>
            isLittle ? BinaryPrimitives.ReadUInt32LittleEndian(at) : BinaryPrimitives.ReadUInt32BigEndian(at);
        if (Word(tiff[2..]) != 42) return null;
        var directory = Long(tiff[4..]);
        if (directory > tiff.Length - 2) return null;
        var entries = tiff[((int)directory + 2)..];
        for (var left = Word(tiff[(int)directory..]); left > 0 && entries.Length >= Entry; left--, entries = entries[Entry..])
        {
            if (Word(entries) != ColorMapTag) continue;
            var (count, offset) = (Long(entries[4..]), Long(entries[8..]));
            if (count % 3 != 0 || count > 3 << 16 || offset + (2L * count) > tiff.Length) return null;
            var (colors, map) = ((int)count / 3, new byte[count]);
            // All reds, then all greens, then all blues.
            for (var i = 0; i < map.Length; i++)
                map[(3 * (i % colors)) + (i / colors)] = (byte)(Word(tiff[((int)offset + (2 * i))..]) >> 8);
            return map;
        }

        return null;
    }
}
