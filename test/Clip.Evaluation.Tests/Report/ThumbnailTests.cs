using Clip.Evaluation.Report;
using SkiaSharp;

namespace Clip.Evaluation.Tests.Report;

/// <summary>A thumbnail is the middle of a picture as people see it: upright, and on white.</summary>
public sealed class ThumbnailTests
{
    [Fact]
    public void TransparentPicturesLieOnWhite()
    {
        using var bitmap = new SKBitmap(8, 8);
        bitmap.Erase(SKColors.Transparent);

        IsAbout(SKColors.White, Thumbnail(bitmap, SKEncodedImageFormat.Png).GetPixel(100, 100));
    }

    [Fact]
    public void OfAWidePictureTheMiddleIsShown()
    {
        using var bitmap = Filled(90, 30, (x, _) => x < 30 ? SKColors.Red : x < 60 ? SKColors.Lime : SKColors.Blue);

        var thumbnail = Thumbnail(bitmap, SKEncodedImageFormat.Png);

        Assert.All(new[] { 8, 112, 215 }, x => IsAbout(SKColors.Lime, thumbnail.GetPixel(x, 112)));
    }

    /// <summary>A camera that was held on end writes a note instead of turning the picture.</summary>
    [Fact]
    public void PicturesAreTurnedUpright()
    {
        using var bitmap = Filled(64, 64, (_, y) => y < 32 ? SKColors.Red : SKColors.Blue);
        using var jpeg = bitmap.Encode(SKEncodedImageFormat.Jpeg, 95);
        // After the first two bytes: a note of EXIF with the orientation 3, which is upside down.
        byte[] note =
        [
            0xFF, 0xE1, 0, 34, .. "Exif\0\0MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 3, 0, 0, 0, 0, 0, 0,
        ];
        byte[] turned = [.. jpeg.ToArray()[..2], .. note, .. jpeg.ToArray()[2..]];

        var thumbnail = Thumbnail(turned);

        IsAbout(SKColors.Blue, thumbnail.GetPixel(112, 30));
        IsAbout(SKColors.Red, thumbnail.GetPixel(112, 200));
    }

    private static SKBitmap Filled(int width, int height, Func<int, int, SKColor> color)
    {
        var bitmap = new SKBitmap(width, height);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++) bitmap.SetPixel(x, y, color(x, y));
        }

        return bitmap;
    }

    private static SKBitmap Thumbnail(SKBitmap bitmap, SKEncodedImageFormat format)
    {
        using var encoded = bitmap.Encode(format, 95);
        return Thumbnail(encoded.ToArray());
    }

    private static SKBitmap Thumbnail(byte[] encoded) =>
        SKBitmap.Decode(Assert.Single(Assert.Single(Sheets.Of([[new ReportedPicture("a", () => encoded)]], 10_000_000)).Files));

    private static void IsAbout(SKColor expected, SKColor actual)
    {
        Assert.InRange(actual.Red - expected.Red, -24, 24);
        Assert.InRange(actual.Green - expected.Green, -24, 24);
        Assert.InRange(actual.Blue - expected.Blue, -24, 24);
    }
}
