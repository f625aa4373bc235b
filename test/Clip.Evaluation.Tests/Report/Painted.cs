using SkiaSharp;

namespace Clip.Evaluation.Tests.Report;

/// <summary>Pictures of one color, which is told again in a thumbnail.</summary>
internal static class Painted
{
    public static byte[] Png(byte red, byte green, byte blue)
    {
        using var bitmap = new SKBitmap(8, 8);
        bitmap.Erase(new SKColor(red, green, blue));
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    public static LabeledImage Labeled(string path, string label) =>
        new() { ImagePath = path, Class = label, Content = () => Png(0, 255, 0) };
}
