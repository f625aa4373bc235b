using System.Buffers.Binary;

namespace Microsoft.ML.Clip.Imaging;

/// <summary>A marker segment of a JPEG file (ITU-T T.81, annex B).</summary>
internal readonly ref struct JpegSegment
{
    public const byte StartOfScan = 0xDA;
    public const byte EndOfImage = 0xD9;
    public const byte HuffmanTables = 0xC4;
    public const byte QuantizationTables = 0xDB;
    public const byte RestartInterval = 0xDD;
    public const byte Adobe = 0xEE;

    private JpegSegment(byte marker, ReadOnlySpan<byte> body)
    {
        Marker = marker;
        Body = body;
    }

    public byte Marker { get; }

    /// <summary>What follows the length.</summary>
    public ReadOnlySpan<byte> Body { get; }

    /// <summary>Whether this starts a frame of any coding: C0 to CF, but for the tables and reserved markers among them.</summary>
    public bool IsFrame => (Marker & 0xF0) == 0xC0 && Marker is not (HuffmanTables or 0xC8 or 0xCC);

    /// <summary>Whether this is a frame that is Huffman coded with 8-bit samples: baseline, extended or progressive.</summary>
    public bool IsHuffmanFrame => Marker is 0xC0 or 0xC1 or 0xC2 && Body.Length > 5 && Body[0] == 8;

    public static bool IsJpeg(ReadOnlySpan<byte> file) => file.Length > 3 && file[0] == 0xFF && file[1] == 0xD8 && file[2] == 0xFF;

    /// <summary>
    /// Reads the segment at <paramref name="position"/> and moves past it; <see langword="false"/> at the end or where none is.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> file, ref int position, out JpegSegment segment)
    {
        segment = default;
        if (position + 2 > file.Length || file[position] != 0xFF) return false;
        while (position + 2 < file.Length && file[position + 1] == 0xFF) position++; // Fill bytes.
        var marker = file[position + 1];
        if (marker == EndOfImage)
        {
            position += 2;
            segment = new(marker, default);
            return true;
        }

        if (position + 4 > file.Length) return false;
        int length = BinaryPrimitives.ReadUInt16BigEndian(file[(position + 2)..]);
        if (length < 2 || position + 2 + length > file.Length) return false;
        segment = new(marker, file.Slice(position + 4, length - 2));
        position += 2 + length;
        return true;
    }
}
