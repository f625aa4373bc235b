using Clip.Testing;
using CsCheck;
using Microsoft.ML.Clip.Imaging;

namespace Microsoft.ML.Clip.Tests.Imaging;

/// <summary>Nearest resampling, which palettes always get: Pillow sums its position up step by step, rounding errors and all.</summary>
public sealed class NearestTests
{
    [Theory]
    [InlineData(2, 7)] // multiplied, the position in the middle would be 1 and not just below
    [InlineData(2, 49)] // and here below, and not 1
    public void ThePositionIsSummedUp(int from, int to) => Agrees(from, 3, to, 5, 0, 0);

    [Fact]
    public void EveryPixelIsTheOneAtTheSummedUpPosition() =>
        Gen.Select(Gen.Int[1, 60], Gen.Int[1, 60], Gen.Int[1, 80], Gen.Int[1, 80], Gen.Int[0, 20], Gen.Int[0, 20]).Holds(
            size => Agrees(size.Item1, size.Item2, size.Item3, size.Item4, size.Item5 % size.Item3, size.Item6 % size.Item4));

    private static void Agrees(int width, int height, int fullWidth, int fullHeight, int left, int top)
    {
        if ((width, height) == (fullWidth, fullHeight)) return;
        var pixels = new byte[4 * width * height];
        for (var i = 0; i < width * height; i++)
            (pixels[4 * i], pixels[(4 * i) + 1]) = ((byte)(i % width), (byte)(i / width));
        var window = new ResizeWindow(fullWidth, fullHeight, left, top, fullWidth - left, fullHeight - top);
        var resized = new byte[4 * window.Width * window.Height];

        ImageResizer.ResizeToRgb(
            new(pixels, 4 * width, width, height, PixelMode.Rgb), window, ImageResample.Nearest, resized, 4 * window.Width);

        var (columns, rows) = (Positions(width, fullWidth), Positions(height, fullHeight));
        for (var i = 0; i < window.Width * window.Height; i++)
        {
            var (x, y) = (i % window.Width, i / window.Width);
            Assert.Equal((columns[left + x], rows[top + y]), (resized[4 * i], resized[(4 * i) + 1]));
        }
    }

    private static int[] Positions(int from, int to)
    {
        var positions = new int[to];
        var position = (double)from / to * 0.5;
        for (var i = 0; i < to; i++, position += (double)from / to) positions[i] = Math.Min((int)position, from - 1);
        return positions;
    }
}
