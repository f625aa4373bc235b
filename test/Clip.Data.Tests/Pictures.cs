using SkiaSharp;

namespace Clip.Testing;

internal static class Pictures
{
    /// <summary>The bytes of a plain picture's file.</summary>
    public static ReadOnlyMemory<byte> Png(int width, int height)
    {
        using var bitmap = new SKBitmap(width, height);
        bitmap.Erase(SKColors.Orange);
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }
}
