using Clip.Conversion.Initialization;

namespace Clip.Data;

/// <summary>
/// Which part of an image a sample shows: a random share of its area at a random aspect ratio, as torchvision's
/// RandomResizedCrop draws it (ten tries, then the largest fitting center).
/// </summary>
/// <param name="MinScale">
/// The smallest share of the area; open_clip's 0.9. CLIP itself took a random square crop of the resized image.
/// </param>
/// <param name="MaxScale">The largest share of the area.</param>
/// <param name="MinRatio">The smallest width ÷ height.</param>
/// <param name="MaxRatio">The largest width ÷ height.</param>
public sealed record RandomResizedCrop(double MinScale = 0.9, double MaxScale = 1.0, double MinRatio = 3.0 / 4, double MaxRatio = 4.0 / 3)
{
    /// <summary>A crop in whole pixels.</summary>
    internal (int X, int Y, int Width, int Height) Draw(int width, int height, ref SampleRandom random)
    {
        var area = (double)width * height;
        for (var attempt = 0; attempt < 10; attempt++)
        {
            var target = area * random.NextDouble(MinScale, MaxScale);
            var ratio = Math.Exp(random.NextDouble(Math.Log(MinRatio), Math.Log(MaxRatio)));
            int w = (int)Math.Round(Math.Sqrt(target * ratio)), h = (int)Math.Round(Math.Sqrt(target / ratio));
            if (w <= 0 || w > width || h <= 0 || h > height) continue;
            var (x, y) = (random.Next(width - w + 1), random.Next(height - h + 1));
            // All of the area is the largest crop, which rounding would shift by a pixel now and then.
            if (MinScale >= 1) break;
            return (x, y, w, h);
        }

        var shape = (double)width / height;
        var (cw, ch) = shape < MinRatio ? (width, (int)Math.Round(width / MinRatio))
            : shape > MaxRatio ? ((int)Math.Round(height * MaxRatio), height)
            : (width, height);
        return ((width - cw) / 2, (height - ch) / 2, cw, ch);
    }
}
