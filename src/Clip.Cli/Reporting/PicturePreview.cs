using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Imaging;
using Spectre.Console;

namespace Clip.Cli.Reporting;

/// <summary>A picture in the terminal: small, and as the model gets it, so not turned as its EXIF says.</summary>
internal static class PicturePreview
{
    /// <summary>More would be scrolled away.</summary>
    public const int MostPictures = 10;

    private const int MostRows = 16, MostColumns = 32;

    /// <summary>Whether there are colors enough to show one.</summary>
    public static bool IsShown(IAnsiConsole console) => console.Profile.Out.IsTerminal && console.Profile.Capabilities.Ansi
        && console.Profile.Capabilities.ColorSystem is ColorSystem.EightBit or ColorSystem.TrueColor;

    /// <summary>Shows a picture, with pixels that are two characters wide.</summary>
    public static void Write(IAnsiConsole console, string path)
    {
        var settings = new ClipImagePreprocessing();
        using var image = ImageDecoder.Decode(File.ReadAllBytes(path), settings.MaxPixels, Gray16Conversion.Scale);
        var columns = Math.Clamp((console.Profile.Width - 2) / 2, 1, MostColumns);
        var scale = Math.Min(1, Math.Min((double)columns / image.Width, (double)MostRows / image.Height));
        var (width, height) = (Scaled(image.Width), Scaled(image.Height));
        var pixels = new byte[4 * width * height];
        ImageResizer.ResizeToRgb(image.View, ResizeWindow.Whole(width, height), ImageResample.Bilinear, pixels, 4 * width);
        var canvas = new Canvas(width, height);
        for (var (i, at) = (0, 0); i < width * height; i++, at += 4)
            canvas.SetPixel(i % width, i / width, new Color(pixels[at], pixels[at + 1], pixels[at + 2]));
        console.Write(new Padder(canvas, new Padding(2, 0, 0, 0)));

        int Scaled(int length) => Math.Max(1, (int)Math.Round(length * scale));
    }
}
