using System.Buffers.Binary;
using System.IO.Compression;
using SkiaSharp;

namespace Microsoft.ML.Clip.Tests.Imaging;

/// <summary>Small files made on the spot, also of kinds that no encoder at hand writes.</summary>
internal static class TestImages
{
    /// <summary>A file of Skia's: red grows to the right, green downwards, blue is 77, alpha as given.</summary>
    public static byte[] Encode(SKEncodedImageFormat format, int width, int height, byte alpha = 255)
    {
        var type = alpha == 255 ? SKAlphaType.Opaque : SKAlphaType.Unpremul;
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, type));
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                bitmap.SetPixel(x, y, new SKColor((byte)(255 * x / width), (byte)(255 * y / height), 77, alpha));
            }
        }

        using var data = bitmap.Encode(format, 90);
        return data.ToArray();
    }

    /// <summary>A PNG of the given header and unfiltered rows.</summary>
    public static byte[] Png(
        int width, int height, byte depth, byte colorType, byte[][] rows, byte[]? palette = null, byte[]? transparency = null)
    {
        using var file = new MemoryStream();
        file.Write([0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (depth, colorType);
        WriteChunk(file, "IHDR"u8, header);
        if (palette is not null) WriteChunk(file, "PLTE"u8, palette);
        if (transparency is not null) WriteChunk(file, "tRNS"u8, transparency);
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            foreach (var row in rows) zlib.Write([0, .. row]);
        }

        WriteChunk(file, "IDAT"u8, packed.ToArray());
        WriteChunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    /// <summary>
    /// A GIF of a screen with four colors and one frame in it. A clear code after every two pixels keeps all codes at three bits.
    /// </summary>
    public static byte[] Gif(
        (int Width, int Height) screen,
        byte[] palette,
        (int Left, int Top, int Width, int Height) frame,
        byte[] indices,
        int transparent = -1)
    {
        var bits = new List<bool>();
        void Put(int code)
        {
            for (var bit = 0; bit < 3; bit++) bits.Add(((code >> bit) & 1) != 0);
        }

        for (var i = 0; i < indices.Length; i++)
        {
            if (i % 2 == 0) Put(4);
            Put(indices[i]);
        }

        Put(5);
        var data = new byte[(bits.Count + 7) / 8];
        for (var i = 0; i < bits.Count; i++) data[i / 8] |= (byte)(bits[i] ? 1 << (i % 8) : 0);
        byte[] control = transparent < 0 ? [] : [0x21, 0xF9, 4, 1, 0, 0, (byte)transparent, 0];
        return
        [
            .. "GIF89a"u8, (byte)screen.Width, 0, (byte)screen.Height, 0, 0x81, 0, 0, .. palette, .. control,
            0x2C, (byte)frame.Left, 0, (byte)frame.Top, 0, (byte)frame.Width, 0, (byte)frame.Height, 0, 0,
            2, (byte)data.Length, .. data, 0, 0x3B,
        ];
    }

    private static void WriteChunk(MemoryStream file, ReadOnlySpan<byte> type, byte[] body)
    {
        byte[] content = [.. type, .. body];
        var number = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, body.Length);
        file.Write(number);
        file.Write(content);
        var crc = uint.MaxValue;
        foreach (var value in content)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
        }

        BinaryPrimitives.WriteUInt32BigEndian(number, ~crc);
        file.Write(number);
    }
}
