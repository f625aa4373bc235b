using System.Buffers.Binary;

namespace Microsoft.ML.Clip.Imaging;

/// <summary>A PNG's <c>IHDR</c>, from which Pillow takes the mode.</summary>
internal readonly record struct PngHeader(int BitDepth, int ColorType)
{
    /// <summary>The color type of a picture with a palette.</summary>
    public const int Indexed = 3;

    private const ulong Signature = 0x89504E470D0A1A0A;
    private const int ChunkStart = 8;
    private const int DepthOffset = 24;
    private const int CrcOffset = 29;

    /// <summary>Whether Pillow's mode is <c>I</c>.</summary>
    public bool IsGray16 => BitDepth == 16 && ColorType == 0;

    /// <summary>
    /// Pillow's mode, as a <c>tRNS</c> chunk does not change it: colours made transparent by one are resized like any other.
    /// </summary>
    public PixelMode Mode => ColorType switch
    {
        0 when BitDepth == 1 => PixelMode.Palette,
        Indexed => PixelMode.Palette,
        4 or 6 => PixelMode.Rgba,
        _ => PixelMode.Rgb,
    };

    public static bool TryRead(ReadOnlySpan<byte> encoded, out PngHeader header)
    {
        header = default;
        if (encoded.Length < CrcOffset + 4 || BinaryPrimitives.ReadUInt64BigEndian(encoded) != Signature) return false;
        header = new(encoded[DepthOffset], encoded[DepthOffset + 1]);
        return encoded.Slice(ChunkStart + 4, 4).SequenceEqual("IHDR"u8);
    }

    /// <summary>
    /// Rewrites the header of a 16-bit grey PNG so that decoders take it for 8-bit grey with alpha. Both have two bytes a pixel, so rows,
    /// filters and interlacing stay valid, and the two halves of each value come out untouched.
    /// </summary>
    public static void PretendGrayAlpha8(Span<byte> png)
    {
        png[DepthOffset] = 8;
        png[DepthOffset + 1] = 4;
        BinaryPrimitives.WriteUInt32BigEndian(png[CrcOffset..], Crc32(png[(ChunkStart + 4)..CrcOffset]));
    }

    /// <summary>The checksum of a chunk's name and content.</summary>
    public static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB88320 & (0 - (crc & 1)));
        }

        return ~crc;
    }
}
