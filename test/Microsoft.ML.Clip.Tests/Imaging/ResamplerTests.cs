using Microsoft.ML.Clip.Imaging;

namespace Microsoft.ML.Clip.Tests.Imaging;

/// <summary>The vectorised resampler against a plain one written from Pillow's definition, and against what any resize must do.</summary>
public sealed class ResamplerTests
{
    [Theory]
    [InlineData(ImageResample.Bilinear)]
    [InlineData(ImageResample.Bicubic)]
    [InlineData(ImageResample.Lanczos)]
    public void AgreesWithThePlainDefinitionAtAnySize(ImageResample filter)
    {
        var random = new Random(17);
        for (var round = 0; round < 25; round++)
        {
            var (width, height) = (random.Next(1, 90), random.Next(1, 90));
            var (fullWidth, fullHeight) = (random.Next(1, 70), random.Next(1, 70));
            var pixels = RandomPixels(random, width, height);
            var expected = Reference(pixels, width, height, fullWidth, fullHeight, filter);

            var actual = Resize(pixels, width, height, ResizeWindow.Whole(fullWidth, fullHeight), filter);

            Assert.True(expected.AsSpan().SequenceEqual(actual), $"{width}×{height} to {fullWidth}×{fullHeight} differs.");
        }
    }

    [Fact]
    public void AWindowHoldsTheBitsOfTheWhole()
    {
        var random = new Random(3);
        var pixels = RandomPixels(random, 61, 47);
        var whole = Resize(pixels, 61, 47, ResizeWindow.Whole(40, 31), ImageResample.Bicubic);

        var part = Resize(pixels, 61, 47, new(40, 31, 7, 5, 20, 11), ImageResample.Bicubic);

        for (var y = 0; y < 11; y++)
        {
            Assert.Equal(whole.AsSpan(((y + 5) * 160) + 28, 80), part.AsSpan(y * 80, 80));
        }
    }

    [Theory]
    [InlineData(ImageResample.Bilinear)]
    [InlineData(ImageResample.Bicubic)]
    [InlineData(ImageResample.Lanczos)]
    public void AFlatImageStaysFlat(ImageResample filter)
    {
        var pixels = Enumerable.Repeat((byte)201, 4 * 33 * 57).ToArray();
        Assert.All(Resize(pixels, 33, 57, ResizeWindow.Whole(71, 13), filter), value => Assert.Equal(201, value));
    }

    [Fact]
    public void ACropSeesNothingOfItsSurroundings()
    {
        var random = new Random(5);
        var pixels = RandomPixels(random, 50, 40);
        var view = new PixelView(pixels, 200, 50, 40, PixelMode.Rgb).Crop(11, 9, 20, 17);
        var alone = new byte[4 * 20 * 17];
        for (var y = 0; y < 17; y++) view.Row(y).CopyTo(alone.AsSpan(80 * y));
        var fromCrop = new byte[4 * 8 * 8];

        Resampler.Resize(view, false, ResizeWindow.Whole(8, 8), ImageResample.Bicubic, fromCrop, 32);

        Assert.Equal(Resize(alone, 20, 17, ResizeWindow.Whole(8, 8), ImageResample.Bicubic), fromCrop);
    }

    [Fact]
    public void AnImageTooLongForItsWeightsIsRefused()
    {
        var error = Assert.Throws<InvalidDataException>(
            () => Resize(new byte[36_000_000], 9_000_000, 1, ResizeWindow.Whole(224, 1), ImageResample.Bicubic));

        Assert.Contains("9000000 pixels long", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ADestinationThatIsTooShortIsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => Resampler.Resize(
        new(new byte[64], 16, 4, 4, PixelMode.Rgb), false, ResizeWindow.Whole(2, 2), ImageResample.Bicubic, new byte[15], 8));

    private static byte[] Resize(byte[] pixels, int width, int height, ResizeWindow window, ImageResample filter)
    {
        var result = new byte[4 * window.Width * window.Height];
        Resampler.Resize(new(pixels, 4 * width, width, height, PixelMode.Rgb), false, window, filter, result, 4 * window.Width);
        return result;
    }

    private static byte[] RandomPixels(Random random, int width, int height)
    {
        // Extremes only, in half of the cases, so that overshoot and clipping occur.
        var pixels = new byte[4 * width * height];
        random.NextBytes(pixels);
        return random.Next(2) == 0 ? pixels : [.. pixels.Select(value => value < 128 ? (byte)0 : (byte)255)];
    }

    private static byte[] Reference(byte[] pixels, int width, int height, int fullWidth, int fullHeight, ImageResample filter)
    {
        var between = new byte[4 * fullWidth * height];
        for (var i = 0; i < between.Length; i++)
        {
            var (channel, x, y) = (i % 4, i / 4 % fullWidth, i / 4 / fullWidth);
            between[i] = Sum(width, fullWidth, x, filter, k => pixels[(4 * ((y * width) + k)) + channel]);
        }

        var result = new byte[4 * fullWidth * fullHeight];
        for (var i = 0; i < result.Length; i++)
        {
            var (column, y) = (i % (4 * fullWidth), i / (4 * fullWidth));
            result[i] = Sum(height, fullHeight, y, filter, k => between[(k * 4 * fullWidth) + column]);
        }

        return result;
    }

    private static byte Sum(int inputSize, int outputSize, int output, ImageResample filter, Func<int, int> input)
    {
        Func<double, double> shape = filter switch
        {
            ImageResample.Bilinear => x => Math.Max(0, 1 - Math.Abs(x)),
            ImageResample.Bicubic => Cubic,
            _ => x => Math.Abs(x) < 3 ? Sinc(x) * Sinc(x / 3) : 0,
        };
        var support = filter switch { ImageResample.Bilinear => 1.0, ImageResample.Bicubic => 2.0, _ => 3.0 };
        var scale = (double)inputSize / outputSize;
        var stretch = Math.Max(1, scale);
        var center = (output + 0.5) * scale;
        var first = Math.Max(0, (int)(center - (support * stretch) + 0.5));
        var end = Math.Min(inputSize, (int)(center + (support * stretch) + 0.5));
        var weights = Enumerable.Range(first, end - first).Select(k => shape((k - center + 0.5) * (1 / stretch))).ToArray();
        var total = 0.0;
        foreach (var weight in weights) total += weight;
        long sum = 1 << 21;
        for (var k = 0; k < weights.Length; k++)
        {
            var fixedPoint = Math.Round(weights[k] / total * (1 << 22), MidpointRounding.AwayFromZero);
            sum += (long)fixedPoint * input(first + k);
        }

        return (byte)Math.Clamp(sum >> 22, 0, 255);
    }

    private static double Cubic(double x)
    {
        x = Math.Abs(x);
        if (x < 1) return (((1.5 * x) - 2.5) * x * x) + 1;
        return x < 2 ? (((((x - 5) * x) + 8) * x) - 4) * -0.5 : 0;
    }

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(Math.PI * x) / (Math.PI * x);
}
