using Microsoft.ML.Clip.Tests.Models;
using SkiaSharp;

namespace Microsoft.ML.Clip.Tests.Imaging;

/// <summary>Large JPEGs decoded at a fraction of their size: close to the exact pixels, in their places, only where it is asked.</summary>
public sealed class ScaledDecodingTests
{
    private const int Side = 64;

    private static readonly ClipImagePreprocessing Exact = ClipImagePreprocessing.ForSize(Side) with { DoNormalize = false };

    /// <summary>
    /// A slope of 4 levels an output pixel tells a shift of a quarter of one; sides that no divisor divides leave a part of a block at the
    /// edge, which must not be stretched over a whole one.
    /// </summary>
    [Theory]
    [InlineData(800, 600)]
    [InlineData(1001, 1001)]
    [InlineData(1607, 1201)]
    [InlineData(203, 777)]
    [InlineData(1601, 129)]
    public void EverythingStaysInItsPlace(int width, int height)
    {
        var jpeg = Slope(width, height);
        var (exact, scaled) = (Prepare(Exact, jpeg), Prepare(Exact with { Decode = ImageDecoding.Scaled }, jpeg));
        Assert.InRange(Farthest(exact, scaled), 0, 2.1f / 255);
        Assert.InRange(exact.Zip(scaled, (a, b) => MathF.Abs(a - b)).Average(), 0, 0.4f / 255);
    }

    /// <summary>The divisor leaves the filter something to do: beyond half as large again as the output, it comes to work.</summary>
    [Theory]
    [InlineData(190, false)]
    [InlineData(193, true)]
    [InlineData(1600, true)]
    public void OnlyWhatIsMuchLargerIsScaled(int side, bool isScaled)
    {
        var jpeg = Noise(side, side);
        var (exact, scaled) = (Prepare(Exact, jpeg), Prepare(Exact with { Decode = ImageDecoding.Scaled }, jpeg));
        Assert.Equal(isScaled, Farthest(exact, scaled) > 0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void TurnedPicturesStayInTheirPlacesToo(int orientation)
    {
        var jpeg = WithOrientation(Slope(1607, 1201), orientation);
        // Squashed: the two sides shrink by different factors, which change their places with the turn.
        var settings = Exact with
        {
            ShortestEdge = null,
            ResizeHeight = Side,
            ResizeWidth = 2 * Side,
            CropWidth = 2 * Side,
            ApplyExifOrientation = true,
        };
        var (exact, scaled) = (Prepare(settings, jpeg), Prepare(settings with { Decode = ImageDecoding.Scaled }, jpeg));
        Assert.InRange(Farthest(exact, scaled), 0, 1.1f / 255);
        if (orientation != 1) Assert.True(Farthest(exact, Prepare(settings, Slope(1607, 1201))) > 0.1f);
    }

    [Fact]
    public void OtherFormatsNearestAndSettingsWithoutResizingAreExact()
    {
        using var picture = SKBitmap.Decode(Noise(800, 800));
        var scaled = Exact with { Decode = ImageDecoding.Scaled };
        foreach (var format in new[] { SKEncodedImageFormat.Png, SKEncodedImageFormat.Webp })
        {
            var bytes = picture.Encode(format, 90).ToArray();
            Assert.Equal(Prepare(Exact, bytes), Prepare(scaled, bytes));
        }

        var jpeg = Noise(800, 800);
        foreach (var settings in new[] { Exact with { Resample = ImageResample.Nearest }, Exact with { DoResize = false } })
            Assert.Equal(Prepare(settings, jpeg), Prepare(settings with { Decode = ImageDecoding.Scaled }, jpeg));
    }

    [Fact]
    public void WhatIsDamagedOrTooLargeIsRefusedAsEver()
    {
        var scaled = Exact with { Decode = ImageDecoding.Scaled };
        var jpeg = Noise(1600, 1200);
        var cut = Assert.Throws<InvalidDataException>(() => Prepare(scaled, jpeg[..(jpeg.Length / 2)]));
        Assert.Contains("(1600 × 1200 Jpeg) is cut short", cut.Message, StringComparison.Ordinal);
        var large = Assert.Throws<InvalidDataException>(() => Prepare(scaled with { MaxPixels = (1600 * 1200) - 1 }, jpeg));
        Assert.Contains("1600 × 1200 pixels, more than the", large.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ItTellsAModelFromTheExactOne()
    {
        using var folder = new TinyFolder();
        using var exact = ClipModel.Open(folder.Path);
        using var scaled = ClipModel.Open(folder.Path, new() { Decode = ImageDecoding.Scaled });
        Assert.NotEqual(exact.Fingerprint, scaled.Fingerprint);
        Assert.NotEqual(exact.EmbedImage(Noise(800, 800)), scaled.EmbedImage(Noise(800, 800)));
    }

    private static float[] Prepare(ClipImagePreprocessing settings, byte[] jpeg)
    {
        var preprocessor = ClipImagePreprocessor.Create(settings);
        var pixels = new float[preprocessor.FloatCount];
        preprocessor.Preprocess(jpeg, pixels);
        return pixels;
    }

    private static float Farthest(float[] left, float[] right) => left.Zip(right, (a, b) => MathF.Abs(a - b)).Max();

    /// <summary>Red rises to the right, green downwards.</summary>
    private static byte[] Slope(int width, int height) =>
        Jpeg(width, height, (x, y) => new SKColor((byte)(255 * x / width), (byte)(255 * y / height), 128));

    private static byte[] Noise(int width, int height)
    {
        var random = new Random(1);
        return Jpeg(width, height, (_, _) => new SKColor((uint)random.Next() | 0xFF000000));
    }

    private static byte[] Jpeg(int width, int height, Func<int, int, SKColor> color)
    {
        using var bitmap = new SKBitmap(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        bitmap.Pixels = [.. Enumerable.Range(0, width * height).Select(i => color(i % width, i / width))];
        using var jpeg = bitmap.Encode(SKEncodedImageFormat.Jpeg, 98);
        return jpeg.ToArray();
    }

    private static byte[] WithOrientation(byte[] jpeg, int orientation)
    {
        byte[] tiff = [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, (byte)orientation, 0, 0, 0, 0, 0, 0];
        byte[] body = [.. "Exif\0\0"u8, .. tiff];
        return [.. jpeg[..2], 0xFF, 0xE1, 0, (byte)(body.Length + 2), .. body, .. jpeg[2..]];
    }
}
