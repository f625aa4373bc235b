using Clip.Conversion.Initialization;
using Clip.Data;
using Clip.Data.Augmenting;
using Clip.Data.Sources;

namespace Clip.Data.Tests;

public class AugmentationTests
{
    private static readonly byte[] Picture = [200, 100, 50, 0, 10, 20, 30, 0, 255, 0, 128, 0, 60, 60, 60, 0];

    [Fact]
    public void FlippingMirrorsEachRow()
    {
        var pixels = Picture.ToArray();
        PixelChanges.Flip(pixels, width: 2);

        Assert.Equal<byte>([10, 20, 30, 0, 200, 100, 50, 0, 60, 60, 60, 0, 255, 0, 128, 0], pixels);
    }

    [Fact]
    public void FactorsOfOneChangeNothing()
    {
        var pixels = Picture.ToArray();
        PixelChanges.Color(pixels, 1, 1, 1);

        Assert.Equal(Picture, pixels);
    }

    [Theory]
    [InlineData(0.5f, 1, 1)]
    [InlineData(1, 0.5f, 1)]
    [InlineData(1, 1.5f, 1)]
    [InlineData(1, 1, 0)]
    [InlineData(1.3f, 0.8f, 0.6f)]
    public void ColorChangesAreTorchvisionsStepsInTurn(float brightness, float contrast, float saturation)
    {
        var pixels = Picture.ToArray();
        PixelChanges.Color(pixels, brightness, contrast, saturation);

        var bright = Picture.Select(v => (double)v * brightness).ToArray();
        var mean = Enumerable.Range(0, 4).Average(p => Gray(bright, p));
        var contrasted = bright.Select(v => (contrast * v) + ((1 - contrast) * mean)).ToArray();
        for (var p = 0; p < 4; p++)
        {
            for (var c = 0; c < 3; c++)
            {
                var expected = (saturation * contrasted[(4 * p) + c]) + ((1 - saturation) * Gray(contrasted, p));
                Assert.InRange(pixels[(4 * p) + c], Math.Clamp(expected, 0, 255) - 0.51, Math.Clamp(expected, 0, 255) + 0.51);
            }
        }

        static double Gray(double[] v, int p) => (0.299 * v[4 * p]) + (0.587 * v[(4 * p) + 1]) + (0.114 * v[(4 * p) + 2]);
    }

    [Theory]
    [InlineData(0, 255, 0, 0)]
    [InlineData(1 / 3f, 0, 255, 0)]
    [InlineData(-1 / 3f, 0, 0, 255)]
    [InlineData(0.5f, 0, 255, 255)]
    public void HueTurnsRedRoundTheCircle(float turn, byte red, byte green, byte blue)
    {
        byte[] pixels = [255, 0, 0, 7, 90, 90, 90, 7];
        PixelChanges.Hue(pixels, turn);

        Assert.Equal<byte>([red, green, blue, 7, 90, 90, 90, 7], pixels);
    }

    [Fact]
    public void HueKeepsTheLargestAndTheSmallestChannel()
    {
        var before = Noise(101);
        var after = before.ToArray();
        PixelChanges.Hue(after, 0.23f);

        Assert.NotEqual(before, after);
        foreach (var (a, b) in before.Chunk(4).Zip(after.Chunk(4)))
            Assert.Equal((a[..3].Max(), a[..3].Min()), (b[..3].Max(), b[..3].Min()));
        PixelChanges.Hue(after, -0.23f);
        Assert.All(before.Zip(after), pair => Assert.InRange(pair.Second - pair.First, -2, 2));
    }

    [Fact]
    public void AWarpThatMovesNothingCopies()
    {
        var (before, after) = (Noise(7 * 5), new byte[4 * 7 * 5]);
        AffineWarp.Apply(before, after, 7, degrees: 0, zoom: 1, right: 0, down: 0);

        Assert.Equal(before, after);
    }

    [Theory]
    [InlineData(90, 1, 0, 0)]
    [InlineData(17, 1.3, 0.4, -1.7)]
    [InlineData(-170, 0.6, 3, 2)]
    public void AWarpIsBilinearInterpolationOfWhereAPixelCameFrom(double degrees, double zoom, double right, double down)
    {
        const int width = 9, height = 8;
        var (before, after) = (Noise(width * height), new byte[4 * width * height]);
        AffineWarp.Apply(before, after, width, degrees, zoom, right, down);

        var (sine, cosine) = Math.SinCos(degrees * Math.PI / 180);
        for (var i = 0; i < after.Length; i++)
        {
            var (x, y, c) = (i / 4 % width - (width - 1) / 2.0 - right, i / 4 / width - (height - 1) / 2.0 - down, i % 4);
            var fromX = Math.Clamp((cosine * x + sine * y) / zoom + (width - 1) / 2.0, 0, width - 1);
            var fromY = Math.Clamp((cosine * y - sine * x) / zoom + (height - 1) / 2.0, 0, height - 1);
            var (left, top) = (Math.Min((int)fromX, width - 2), Math.Min((int)fromY, height - 2));
            var (fx, fy) = (fromX - left, fromY - top);
            double At(int dx, int dy) => before[4 * (((top + dy) * width) + left + dx) + c];
            var expected = (1 - fy) * ((1 - fx) * At(0, 0) + fx * At(1, 0)) + fy * ((1 - fx) * At(0, 1) + fx * At(1, 1));
            Assert.InRange(after[i], expected - 2.6, expected + 2.6); // fractions have 8 bits
        }
    }

    [Fact]
    public void PositiveAnglesTurnClockwiseAndEdgesGoOnOutwards()
    {
        // A dark left column, turned by 90 degrees, is the top row.
        var before = Enumerable.Range(0, 16).SelectMany(i => i % 4 == 0 ? new byte[4] : [200, 200, 200, 200]).ToArray();
        var after = new byte[before.Length];
        AffineWarp.Apply(before, after, 4, degrees: 90, zoom: 1, right: 0, down: 0);
        Assert.All(after[..16], v => Assert.Equal(0, v));
        Assert.All(after[16..], v => Assert.Equal(200, v));

        AffineWarp.Apply(before, after, 4, degrees: 0, zoom: 1, right: 3, down: 0);
        Assert.All(after, v => Assert.Equal(0, v));
    }

    [Theory]
    [InlineData(0.5, 11)]
    [InlineData(2, 5)]
    [InlineData(2, 40)]
    public void BlurIsAGaussianMeanOfTheNeighbours(double sigma, int width)
    {
        var (before, height) = (Noise(width * 6), 6);
        var after = before.ToArray();
        GaussianBlur.Apply(after, width, sigma);

        var radius = (int)Math.Ceiling(3 * sigma);
        var bell = Enumerable.Range(-radius, (2 * radius) + 1).Select(d => Math.Exp(-d * d / (2 * sigma * sigma))).ToArray();
        var total = bell.Sum() * bell.Sum();
        for (var i = 0; i < after.Length; i++)
        {
            double expected = 0;
            for (var dy = -radius; dy <= radius; dy++)
            {
                for (var dx = -radius; dx <= radius; dx++)
                {
                    var (x, y) = (Math.Clamp(i / 4 % width + dx, 0, width - 1), Math.Clamp(i / 4 / width + dy, 0, height - 1));
                    expected += bell[dx + radius] * bell[dy + radius] / total * before[4 * (y * width + x) + i % 4];
                }
            }

            Assert.InRange(after[i], expected - 4, expected + 4); // weights have 8 bits
        }
    }

    [Theory]
    [InlineData("none", null)]
    [InlineData("white", "255 255 255")]
    [InlineData("#0a141E", "10 20 30")]
    public void BackgroundsAreNamesOrHexColors(string text, string? expected)
    {
        Assert.Equal(expected, Background.Parse(text)?.Bytes is { } color ? string.Join(' ', color) : null);
        Assert.Null(Background.Parse("random")!.Bytes); // each sample has its own
        Assert.Contains("beige", Assert.Throws<ClipException>(() => Background.Parse("beige")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TransparentPicturesLieOnTheBackground()
    {
        using var folder = new TempFolder();
        using var bitmap = new SkiaSharp.SKBitmap(
            new SkiaSharp.SKImageInfo(8, 8, SkiaSharp.SKColorType.Rgba8888, SkiaSharp.SKAlphaType.Unpremul));
        bitmap.Erase(new SkiaSharp.SKColor(200, 0, 0, 0));
        using var png = bitmap.Encode(SkiaSharp.SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(folder["clear.png"], png.ToArray());
        var settings = Microsoft.ML.Clip.ClipImagePreprocessing.ForSize(4) with { DoNormalize = false };

        Assert.DoesNotContain(Fill(null), v => v == 1); // alpha is dropped: nothing shines through
        Assert.All(Fill(Background.Parse("#33ff00")).Take(16), v => Assert.Equal(0x33 / 255f, v, 1e-6));
        Assert.All(Fill(Background.Parse("#33ff00")).Skip(16).Take(16), v => Assert.Equal(1, v));
        var (first, second) = (Fill(Background.Parse("random"), 1), Fill(Background.Parse("random"), 2));
        Assert.NotEqual(first, second);
        Assert.Equal(first, Fill(Background.Parse("random"), 1));

        float[] Fill(Background? background, long sample = 0)
        {
            using var pixels = new AugmentedPixels(
                settings with { Background = background?.Bytes }, new Augmentation { Background = background }, 0);
            var floats = new float[pixels.FloatCount];
            pixels.Fill(new TableSource([new CaptionedImage(folder["clear.png"], ["clear"])]), 0, new SampleRandom(sample), floats);
            return floats;
        }
    }

    [Fact]
    public void WhatASampleBecomesFollowsFromItsRandomNumbers()
    {
        var all = new Augmentation
        {
            FlipChance = 0.5,
            Rotation = 15,
            Translation = 0.1,
            Zoom = 0.1,
            ColorJitter = 0.4,
            Hue = 0.1,
            GrayscaleChance = 0.2,
            BlurChance = 0.5,
        };
        byte[] After(long key)
        {
            var pixels = Noise(16 * 16);
            var random = new SampleRandom(key);
            all.Apply(pixels, 16, ref random);
            return pixels;
        }

        Assert.Equal(After(3), After(3));
        Assert.NotEqual(After(3), After(4));
    }

    private static byte[] Noise(int pixels)
    {
        var random = new SampleRandom(pixels);
        var bytes = new byte[4 * pixels];
        foreach (ref var value in bytes.AsSpan()) value = (byte)random.Next(256);
        return bytes;
    }
}
