using System.Buffers.Binary;
using System.Globalization;
using Microsoft.ML.Clip.Files;

namespace Microsoft.ML.Clip.Imaging;

/// <summary>
/// Decodes PBM, PGM and PPM (P1 to P6), plain and binary, with any largest value, as Pillow's <c>PpmImagePlugin</c> does.
/// </summary>
internal static class PnmImage
{
    private const int LongestToken = 10;

    public static bool IsOne(ReadOnlySpan<byte> encoded) => FileFormat.Find(encoded) == FileFormat.Pnm;

    public static DecodedImage Decode(ReadOnlySpan<byte> encoded, long maxPixels, Gray16Conversion gray16)
    {
        var kind = encoded[1] - '0';
        var (isPlain, isBits, channels) = (kind <= 3, kind is 1 or 4, kind is 3 or 6 ? 3 : 1);
        var at = 3;
        var (width, height) = (ReadHeader(encoded, ref at), ReadHeader(encoded, ref at));
        var largest = isBits ? 1 : ReadHeader(encoded, ref at);
        if (width < 1 || height < 1 || largest is < 1 or > 65535) throw new InvalidDataException(
            $"The PPM's header is damaged: {width} × {height} pixels of up to {largest}.");
        if ((long)width * height > Math.Min(maxPixels, Array.MaxLength / 4)) throw ImageDecoder.TooLarge(width, height, maxPixels);

        var isGray16 = channels == 1 && largest > 255;
        var mode = isBits ? PixelMode.Palette : isGray16 && gray16 == Gray16Conversion.Clip ? PixelMode.Gray16 : PixelMode.Rgb;
        var body = isPlain ? WithoutComments(encoded[at..]) : encoded[at..];
        var image = new DecodedImage(width, height, mode);
        try
        {
            if (isBits) ReadBits(body, isPlain, image);
            else ReadSamples(body, isPlain, channels, largest, isGray16 ? 65535 : 255, image);
            return image;
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    private static void ReadBits(ReadOnlySpan<byte> body, bool isPlain, DecodedImage image)
    {
        var stride = (image.Width + 7) / 8;
        var position = 0;
        if (!isPlain && (long)stride * image.Height > body.Length) throw CutShort(image);
        for (var i = 0; i < image.Width * image.Height; i++)
        {
            bool isBlack;
            if (isPlain)
            {
                while (position < body.Length && IsSpace(body[position])) position++;
                if (position == body.Length) throw CutShort(image);
                if (body[position] is not ((byte)'0' or (byte)'1'))
                    throw new InvalidDataException("The PBM has a pixel other than 0 and 1.");
                isBlack = body[position++] == '1';
            }
            else
            {
                var (y, x) = Math.DivRem(i, image.Width);
                isBlack = (body[(y * stride) + (x / 8)] & (0x80 >> (x % 8))) != 0;
            }

            image.Pixels.Slice(4 * i, 4).Fill((byte)(isBlack ? 0 : 255));
        }
    }

    private static void ReadSamples(ReadOnlySpan<byte> body, bool isPlain, int channels, int largest, int full, DecodedImage image)
    {
        var pixels = image.Pixels;
        var bytes = largest > 255 ? 2 : 1;
        if (!isPlain && (long)bytes * channels * image.Width * image.Height > body.Length) throw CutShort(image);
        var position = 0;
        for (var i = 0; i < pixels.Length; i += 4)
        {
            for (var c = 0; c < channels; c++)
            {
                int value;
                if (isPlain)
                {
                    value = ReadToken(body, ref position, image);
                    if (value > largest)
                        throw new InvalidDataException($"The PPM has the value {value}, more than the {largest} it allows.");
                }
                else
                {
                    value = bytes == 1 ? body[position] : BinaryPrimitives.ReadUInt16BigEndian(body[position..]);
                    position += bytes;
                }

                // Half to even, as Python rounds.
                if (largest != full) value = Math.Min(full, (int)Math.Round((double)value / largest * full));
                if (full == 255) pixels[i + c] = (byte)value;
                else (pixels[i], pixels[i + 3]) = ((byte)(value >> 8), (byte)value);
            }

            if (channels == 1) (pixels[i + 1], pixels[i + 2]) = (pixels[i], pixels[i]);
        }
    }

    private static int ReadToken(ReadOnlySpan<byte> body, ref int position, DecodedImage image)
    {
        while (position < body.Length && IsSpace(body[position])) position++;
        var start = position;
        while (position < body.Length && !IsSpace(body[position])) position++;
        if (start == position) throw CutShort(image);
        return Number(body[start..position]);
    }

    /// <summary>A number of the header; a comment may stand before, in and behind it.</summary>
    private static int ReadHeader(ReadOnlySpan<byte> encoded, ref int at)
    {
        Span<byte> token = stackalloc byte[LongestToken + 1];
        var length = 0;
        while (length <= LongestToken)
        {
            if (at >= encoded.Length) break;
            var c = encoded[at++];
            if (c == '#')
            {
                while (at < encoded.Length && encoded[at++] is not ((byte)'\r' or (byte)'\n'))
                {
                }
            }
            else if (!IsSpace(c))
            {
                token[length++] = c;
            }
            else if (length > 0)
            {
                break;
            }
        }

        return Number(token[..length]);
    }

    private static int Number(ReadOnlySpan<byte> token) =>
        token.Length is > 0 and <= LongestToken && int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new InvalidDataException("The PPM is damaged: there is something else where a number should be.");

    private static ReadOnlySpan<byte> WithoutComments(ReadOnlySpan<byte> body)
    {
        if (body.IndexOf((byte)'#') < 0) return body;
        var (copy, length) = (new byte[body.Length], 0);
        for (var i = 0; i < body.Length; i++)
        {
            if (body[i] != '#') copy[length++] = body[i];
            else while (i < body.Length && body[i] is not ((byte)'\r' or (byte)'\n')) i++;
        }

        return copy.AsSpan(0, length);
    }

    private static bool IsSpace(byte value) => value is (byte)' ' or (>= 9 and <= 13);

    private static InvalidDataException CutShort(DecodedImage image) =>
        new($"The image ({image.Width} × {image.Height} PPM) is cut short: its data ends before its pixels do.");
}
