using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip.Imaging;

/// <summary>
/// How a camera was held, from the tag of that name (0x0112) in a file's EXIF (CIPA DC-008, 4.6.5.A): 1 to 8, where 1 is upright. Looked
/// for where JPEG (segment APP1), PNG (chunk eXIf) and WebP (chunk EXIF) keep it; whatever is malformed counts as upright, as in Pillow.
/// </summary>
internal static class ExifOrientation
{
    public const int Upright = 1;

    private const int Tag = 0x0112, Short = 3, App1 = 0xE1;

    public static int Find(ReadOnlySpan<byte> encoded)
    {
        if (JpegSegment.IsJpeg(encoded)) return InJpeg(encoded);
        if (PngHeader.TryRead(encoded, out _)) return InChunks(encoded, start: 8, name: "eXIf"u8, isBigEndian: true);
        return encoded.StartsWith("RIFF"u8) && encoded.Length > 12 && encoded[8..].StartsWith("WEBP"u8)
            ? InChunks(encoded, start: 12, name: "EXIF"u8, isBigEndian: false) : Upright;
    }

    /// <summary>Turns an image upright; the one given is disposed where another is made of it.</summary>
    public static DecodedImage Apply(DecodedImage image, int orientation)
    {
        if (orientation == Upright) return image;
        using (image)
        {
            var (width, height) = orientation >= 5 ? (image.Height, image.Width) : (image.Width, image.Height);
            var upright = new DecodedImage(width, height, image.Mode)
            {
                Outside = image.Outside,
                Reduced = image.Reduced?.Turned(orientation, image.Width, image.Height),
            };
            ReadOnlySpan<byte> source = image.Pixels;
            var pixels = MemoryMarshal.Cast<byte, uint>(source);
            var turned = MemoryMarshal.Cast<byte, uint>(upright.Pixels);
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < width; x++)
                {
                    var (fromX, fromY) = orientation switch
                    {
                        2 => (width - 1 - x, y),
                        3 => (width - 1 - x, height - 1 - y),
                        4 => (x, height - 1 - y),
                        5 => (y, x),
                        6 => (y, width - 1 - x),
                        7 => (height - 1 - y, width - 1 - x),
                        _ => (height - 1 - y, x),
                    };
                    turned[(y * width) + x] = pixels[(fromY * image.Width) + fromX];
                }
            }

            return upright;
        }
    }

    private static int InJpeg(ReadOnlySpan<byte> encoded)
    {
        for (var position = 2; JpegSegment.TryRead(encoded, ref position, out var segment);)
        {
            if (segment.Marker == App1 && segment.Body.StartsWith("Exif\0\0"u8)) return InTiff(segment.Body[6..]);
            if (segment.Marker == JpegSegment.StartOfScan) break;
        }

        return Upright;
    }

    /// <summary>PNG: length, name, content, checksum. RIFF: name, length, content, a byte to make it even.</summary>
    private static int InChunks(ReadOnlySpan<byte> encoded, int start, ReadOnlySpan<byte> name, bool isBigEndian)
    {
        for (var rest = encoded[start..]; rest.Length >= 8;)
        {
            var length = isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(rest) : BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
            var after = 8L + length + (isBigEndian ? 4 : length % 2);
            if (8L + length > rest.Length) break;
            if (rest.Slice(isBigEndian ? 4 : 0, 4).SequenceEqual(name))
            {
                var content = rest.Slice(8, (int)length);
                return InTiff(content.StartsWith("Exif\0\0"u8) ? content[6..] : content);
            }

            if (after > rest.Length) break;
            rest = rest[(int)after..];
        }

        return Upright;
    }

    /// <summary>The first directory of the TIFF structure that EXIF is written in.</summary>
    private static int InTiff(ReadOnlySpan<byte> tiff)
    {
        var isBigEndian = tiff.StartsWith("MM\0*"u8);
        if (!isBigEndian && !tiff.StartsWith("II*\0"u8)) return Upright;
        if (tiff.Length < 8) return Upright;
        var at = isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(tiff[4..]) : BinaryPrimitives.ReadUInt32LittleEndian(tiff[4..]);
        if (at + 2L > tiff.Length) return Upright;
        var entries = tiff[((int)at + 2)..];
        for (int left = Number(tiff[(int)at..], isBigEndian); left > 0 && entries.Length >= 12; left--, entries = entries[12..])
        {
            if (Number(entries, isBigEndian) != Tag || Number(entries[2..], isBigEndian) != Short) continue;
            return Number(entries[8..], isBigEndian) is >= 1 and <= 8 and var orientation ? orientation : Upright;
        }

        return Upright;
    }

    private static int Number(ReadOnlySpan<byte> bytes, bool isBigEndian) =>
        isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);
}
