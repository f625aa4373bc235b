using System.Buffers;

namespace Clip.Data.Augmenting;

/// <summary>Pictures as drawings in line: dark where color changes.</summary>
internal static class Outlines
{
    /// <summary>A step of this many levels between neighbors is drawn fully black.</summary>
    private const float Black = 96;

    /// <summary>Draws the outlines of a picture, in place.</summary>
    /// <param name="pixels">Four bytes a pixel: red, green, blue and one without meaning.</param>
    /// <param name="width">Pixels in a row.</param>
    /// <param name="fill">How much of the picture's own colors is between them, from 0 (white) to 1 (all).</param>
    public static void Apply(Span<byte> pixels, int width, float fill)
    {
        var (stride, height) = (4 * width, pixels.Length / (4 * width));
        var copy = ArrayPool<byte>.Shared.Rent(pixels.Length);
        try
        {
            pixels.CopyTo(copy);
            for (var y = 0; y < height; y++)
            {
                var (above, here, below) = (Math.Max(y - 1, 0) * stride, y * stride, Math.Min(y + 1, height - 1) * stride);
                for (var x = 0; x < width; x++)
                {
                    var (left, at, right) = (4 * Math.Max(x - 1, 0), 4 * x, 4 * Math.Min(x + 1, width - 1));
                    var step = 0;
                    for (var c = 0; c < 3; c++)
                    {
                        // Sobel's gradient, whose weights sum to four on each side.
                        var across = copy[above + right + c] + (2 * copy[here + right + c]) + copy[below + right + c]
                            - copy[above + left + c] - (2 * copy[here + left + c]) - copy[below + left + c];
                        var down = copy[below + left + c] + (2 * copy[below + at + c]) + copy[below + right + c]
                            - copy[above + left + c] - (2 * copy[above + at + c]) - copy[above + right + c];
                        step = Math.Max(step, Math.Abs(across) + Math.Abs(down));
                    }

                    var light = 1 - Math.Min(1, step / (4 * Black));
                    for (var c = 0; c < 3; c++)
                        pixels[here + at + c] = (byte)(((255 - (fill * (255 - copy[here + at + c]))) * light) + 0.5f);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }
}
