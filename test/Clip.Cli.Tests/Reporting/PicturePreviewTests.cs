using Clip.Cli.Reporting;
using SkiaSharp;
using Spectre.Console;

namespace Clip.Cli.Tests.Reporting;

/// <summary>A picture in a terminal has its colors, its shape and no more than its place.</summary>
public sealed class PicturePreviewTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(4, 2, 4, 2)] // small ones are not enlarged
    [InlineData(640, 320, 32, 16)]
    [InlineData(640, 32, 32, 2)]
    [InlineData(32, 640, 1, 16)]
    [InlineData(2000, 1, 32, 1)]
    public void ItFitsIntoItsPlace(int width, int height, int columns, int rows)
    {
        var lines = Shown(Picture(width, height), console: 100);
        Assert.Equal(rows, lines.Length);
        Assert.All(lines, line => Assert.Equal(2 + (2 * columns), Visible(line)));
    }

    [Fact]
    public void ANarrowTerminalGetsASmallerOne() =>
        Assert.All(Shown(Picture(640, 640), console: 20), line => Assert.Equal(20, Visible(line)));

    [Fact]
    public void LeftIsRedAndRightIsBlue()
    {
        var line = Assert.Single(Shown(Picture(2, 1), console: 100));
        Assert.Contains("\u001b[48;2;255;0;0m", line, StringComparison.Ordinal);
        Assert.True(
            line.IndexOf("48;2;255;0;0m", StringComparison.Ordinal) < line.IndexOf("48;2;0;0;255m", StringComparison.Ordinal), line);
    }

    [Fact]
    public void WhatIsNoTerminalShowsNone() => Assert.False(PicturePreview.IsShown(Console(new StringWriter(), 100)));

    private static IAnsiConsole Console(TextWriter output, int width)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = ColorSystemSupport.TrueColor,
            Out = new AnsiConsoleOutput(output),
        });
        console.Profile.Width = width;
        return console;
    }

    private static string[] Shown(string path, int console)
    {
        using var output = new StringWriter();
        PicturePreview.Write(Console(output, console), path);
        return output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static int Visible(string line) => System.Text.RegularExpressions.Regex.Replace(line, "\u001b\\[[0-9;]*m", "").Length;

    /// <summary>The left half red, the right half blue.</summary>
    private string Picture(int width, int height)
    {
        using var bitmap = new SKBitmap(width, height);
        bitmap.Erase(SKColors.Blue);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width / 2; x++) bitmap.SetPixel(x, y, SKColors.Red);
        }

        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(_folder["picture.png"], png.ToArray());
        return _folder["picture.png"];
    }
}
