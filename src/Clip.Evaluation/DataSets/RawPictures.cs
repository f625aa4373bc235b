using System.Runtime.InteropServices;
using SkiaSharp;

namespace Clip.Evaluation.DataSets;

/// <summary>Pictures whose pixels lie bare in a data set's files: as PNG, which loses nothing.</summary>
internal static class RawPictures
{
    /// <summary>A picture's file.</summary>
    /// <param name="width">Its width.</param>
    /// <param name="height">Its height.</param>
    /// <param name="planes">Its gray values by rows, or all its reds, then its greens, then its blues.</param>
    public static byte[] Png(int width, int height, ReadOnlySpan<byte> planes)
    {
        var area = width * height;
        var gray = planes.Length == area;
        var pixels = new byte[area * 4];
        for (var i = 0; i < area; i++)
        {
            pixels[4 * i] = planes[i];
            pixels[(4 * i) + 1] = gray ? planes[i] : planes[area + i];
            pixels[(4 * i) + 2] = gray ? planes[i] : planes[(2 * area) + i];
            pixels[(4 * i) + 3] = 255;
        }

        var handle = GCHandle.Alloc(pixels, GCHandleType.Pinned);
        try
        {
            var info = new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque);
            using var map = new SKPixmap(info, handle.AddrOfPinnedObject());
            using var png = map.Encode(new SKPngEncoderOptions(SKPngEncoderFilterFlags.Sub, 1));
            return png.ToArray();
        }
        finally
        {
            handle.Free();
        }
    }
}
