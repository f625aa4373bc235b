using Clip.Conversion.Initialization;
using Microsoft.ML.Clip;
using SkiaSharp;

namespace Clip.Data.Tests.Loading;

/// <summary>Training pixels: what inference would see of a part of the picture, changed as is asked for.</summary>
public sealed class AugmentedPixelsTests
{
    private static readonly Augmentation Still = new() { Crop = new RandomResizedCrop(1, 1, 1, 1) };

    [Theory]
    [InlineData(ImageResample.Bicubic)]
    [InlineData(ImageResample.Nearest)]
    public void ASquarePictureThatIsLeftAsItIsIsWhatInferenceSees(ImageResample resample)
    {
        var settings = ClipImagePreprocessing.ForSize(12) with { Resample = resample };
        var records = Records(Picture(20, 20, 1), Picture(12, 12, 2), Picture(7, 7, 3, alpha: true));
        var inference = new PreprocessedPixels(ClipImagePreprocessor.Create(settings));

        foreach (var record in new[] { 0, 1, 2 })
        {
            var expected = new float[inference.FloatCount];
            inference.Fill(records, record, new SampleRandom(1), expected);

            Assert.Equal(3 * 12 * 12, expected.Length);
            Assert.Equal(expected, Fill(records, record, settings, Still));
        }
    }

    [Theory]
    [InlineData(Gray16Conversion.Scale, 0x12)]
    [InlineData(Gray16Conversion.Clip, 255)]
    public void GrayOf16BitsIsMadeOf8AsForInference(Gray16Conversion conversion, int expected)
    {
        var settings = ClipImagePreprocessing.ForSize(2) with { DoNormalize = false, Gray16 = conversion };

        var shown = Fill(Records([.. "P5 1 1 65535\n"u8, 0x12, 0x34]), 0, settings, new Augmentation());

        Assert.All(shown, value => Assert.Equal(expected / 255f, value, 1e-6f));
    }

    /// <summary>The part of the picture that was drawn, as if it were a picture of its own.</summary>
    [Fact]
    public void ACropIsShownAlone()
    {
        var settings = ClipImagePreprocessing.ForSize(8);
        var crop = new RandomResizedCrop(0.3, 0.4, 1, 1);
        using var whole = SKBitmap.Decode(Picture(30, 20, 4));
        for (var key = 0; key < 5; key++)
        {
            var random = new SampleRandom(key);
            var (x, y, width, height) = crop.Draw(30, 20, ref random);
            using var part = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
            for (var i = 0; i < width * height; i++) part.SetPixel(i % width, i / width, whole.GetPixel(x + (i % width), y + (i / width)));
            var expected = Fill(Records(Png(part)), 0, settings, Still);

            Assert.Equal(expected, Fill(Records(Picture(30, 20, 4)), 0, settings, new Augmentation { Crop = crop }, key: key));
        }
    }

    [Fact]
    public void ChangesAreThoseOfTheAugmentation()
    {
        var settings = ClipImagePreprocessing.ForSize(6);
        var records = Records(Picture(9, 9, 5));
        var plain = Fill(records, 0, settings, Still);

        var mirrored = Fill(records, 0, settings, Still with { FlipChance = 1 });

        Assert.Equal(plain.Chunk(6).SelectMany(row => row.Reverse()), mirrored);
        Assert.NotEqual(plain, mirrored);
    }

    /// <summary>The next numbers after those of the crop.</summary>
    [Fact]
    public void ACropAndItsChangesAreDrawnOneAfterTheOther()
    {
        var settings = ClipImagePreprocessing.ForSize(6) with { DoNormalize = false };
        var (crop, records) = (new RandomResizedCrop(0.5), Records(Picture(9, 9, 5)));
        for (var key = 0; key < 8; key++)
        {
            var random = new SampleRandom(key);
            crop.Draw(9, 9, ref random);
            var flips = random.NextDouble() < 0.5;

            var plain = Fill(records, 0, settings, new Augmentation { Crop = crop }, key: key);
            var shown = Fill(records, 0, settings, new Augmentation { Crop = crop, FlipChance = 0.5 }, key: key);

            Assert.Equal(flips ? plain.Chunk(6).SelectMany(row => row.Reverse()) : plain, shown);
        }
    }

    [Fact]
    public void DecodedPicturesAreKeptAsLongAsThereIsRoom()
    {
        // Each has 4 × 10 × 10 bytes when it is decoded; two fit.
        Assert.Equal([1, 1, 3, 3], Reads(cacheBytes: 800));
        Assert.Equal([1, 3, 3, 3], Reads(cacheBytes: 799));
        Assert.Equal([3, 3, 3, 3], Reads(cacheBytes: 0));

        static int[] Reads(long cacheBytes)
        {
            var reads = new int[4];
            var files = Enumerable.Range(0, 4).Select(i => Picture(10, 10, i)).ToArray();
            var records = new MadeRecords(4)
            {
                Image = record =>
                {
                    reads[record]++;
                    return files[record];
                },
            };
            var settings = ClipImagePreprocessing.ForSize(5);
            using var pixels = new AugmentedPixels(settings, Still, cacheBytes);
            for (var epoch = 0; epoch < 3; epoch++)
            {
                for (var record = 0; record < 4; record++)
                {
                    var floats = new float[pixels.FloatCount];
                    pixels.Fill(records, record, new SampleRandom(1), floats);
                    Assert.Equal(Fill(Records(files[record]), 0, settings, Still), floats);
                }
            }

            return reads;
        }
    }

    /// <summary>Records of one picture share what is kept of it, and no others do.</summary>
    [Fact]
    public void WhatIsKeptGoesByThePicture()
    {
        var reads = new List<int>();
        var records = new MadeRecords(4)
        {
            Id = record => record / 2,
            Image = record =>
            {
                reads.Add(record);
                return Picture(10, 10, record / 2);
            },
        };
        using var pixels = new AugmentedPixels(ClipImagePreprocessing.ForSize(5), Still, 1 << 20);

        var shown = Enumerable.Range(0, 4).Select(record =>
        {
            var floats = new float[pixels.FloatCount];
            pixels.Fill(records, record, new SampleRandom(1), floats);
            return floats;
        }).ToArray();

        Assert.Equal([0, 2], reads);
        Assert.Equal(shown[0], shown[1]);
        Assert.Equal(shown[2], shown[3]);
        Assert.NotEqual(shown[0], shown[2]);
        pixels.Dispose();
        pixels.Fill(records, 1, new SampleRandom(1), shown[3]);
        Assert.Equal(shown[0], shown[3]); // read anew
        Assert.Equal([0, 2, 1], reads);
    }

    [Fact]
    public void WhatCannotBeDecodedIsABadRecord()
    {
        var settings = ClipImagePreprocessing.ForSize(5);
        Assert.Throws<InvalidDataException>(() => Fill(Records("no picture"u8.ToArray()), 0, settings, Still));

        Fill(Records(Picture(10, 10, 1)), 0, settings with { MaxPixels = 100 }, Still);
        Assert.Throws<InvalidDataException>(() => Fill(Records(Picture(10, 10, 1)), 0, settings with { MaxPixels = 99 }, Still));
    }

    /// <summary>A color for all is the model's; one for each sample comes after the crop, and opaque pictures draw none.</summary>
    [Fact]
    public void EachSampleMayHaveItsOwnBackground()
    {
        var settings = ClipImagePreprocessing.ForSize(4) with { DoNormalize = false };
        var drawn = Still with { Background = Background.Parse("random") };
        using var clear = new SKBitmap(new SKImageInfo(8, 8, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        var opaque = Records(Picture(8, 8, 6));
        for (var key = 0; key < 5; key++)
        {
            var random = new SampleRandom(key);
            Still.Crop.Draw(8, 8, ref random);
            var (red, green, blue) = Background.Draw(ref random);

            var shown = Fill(Records(Png(clear)), 0, settings, drawn, key: key);

            Assert.All(shown[..16], value => Assert.Equal(red / 255f, value, 1e-6));
            Assert.All(shown[16..32], value => Assert.Equal(green / 255f, value, 1e-6));
            Assert.All(shown[32..], value => Assert.Equal(blue / 255f, value, 1e-6));
            Assert.Equal(
                Fill(opaque, 0, settings, Still with { FlipChance = 0.5 }, key: key),
                Fill(opaque, 0, settings, drawn with { FlipChance = 0.5 }, key: key));
        }
    }

    /// <summary>As much of either as the picture's alpha says.</summary>
    [Fact]
    public void AHalfTransparentPictureLetsHalfOfTheBackgroundThrough()
    {
        var settings = ClipImagePreprocessing.ForSize(4) with { DoNormalize = false };
        using var glass = new SKBitmap(new SKImageInfo(8, 8, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        for (var i = 0; i < 64; i++) glass.SetPixel(i % 8, i / 8, new SKColor(200, 100, 0, 128));
        var random = new SampleRandom(4);
        Still.Crop.Draw(8, 8, ref random);
        var (red, green, blue) = Background.Draw(ref random);

        var shown = Fill(Records(Png(glass)), 0, settings, Still with { Background = Background.Parse("random") }, key: 4);

        Assert.All(shown[..16], value => Assert.Equal(((200 * 128) + (red * 127)) / 65025f, value, 0.01f));
        Assert.All(shown[16..32], value => Assert.Equal(((100 * 128) + (green * 127)) / 65025f, value, 0.01f));
        Assert.All(shown[32..], value => Assert.Equal(blue * 127 / 65025f, value, 0.01f));
    }

    /// <summary>Of a small machine's memory no more than an eighth.</summary>
    [Fact]
    public void ByDefaultAnEighthOfTheMemoryIsForPictures()
    {
        var eighth = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8;

        Assert.InRange(AugmentedPixels.DefaultCacheBytes, 1, 2L << 30);
        if (eighth > 2L << 30) Assert.Equal(2L << 30, AugmentedPixels.DefaultCacheBytes);
        else Assert.InRange(AugmentedPixels.DefaultCacheBytes, eighth / 2, eighth * 2); // a limit may have changed since
    }

    /// <summary>A color of a palette may be transparent too.</summary>
    [Fact]
    public void ATransparentColorOfAPaletteShowsTheBackground()
    {
        var settings = ClipImagePreprocessing.ForSize(2) with { DoNormalize = false };
        // One pixel, whose color (200, 10, 30) has the alpha 0.
        var png = Convert.FromBase64String(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAMAAAAoyzS7AAAAA1BMVEXICh44Ji/LAAAAAXRSTlMAQObYZgAAAApJREFUeJxjYAAAAAIAAUivpHEA"
            + "AAAASUVORK5CYII=");
        var random = new SampleRandom(4);
        Still.Crop.Draw(1, 1, ref random);
        var (red, green, blue) = Background.Draw(ref random);

        var shown = Fill(Records(png), 0, settings, Still with { Background = Background.Parse("random") }, key: 4);

        float[] expected = [red, red, red, red, green, green, green, green, blue, blue, blue, blue];
        Assert.Equal(expected.Select(value => value / 255), shown, (a, b) => Math.Abs(a - b) < 1e-6);
    }

    private static float[] Fill(
        IRecordSource records, int record, ClipImagePreprocessing settings, Augmentation augmentation, long cacheBytes = 0, long key = 1)
    {
        using var pixels = new AugmentedPixels(settings, augmentation, cacheBytes);
        var floats = new float[pixels.FloatCount];
        pixels.Fill(records, record, new SampleRandom(key), floats);
        return floats;
    }

    private static MadeRecords Records(params byte[][] files) => new(files.Length) { Image = record => files[record] };

    private static byte[] Picture(int width, int height, int key, bool alpha = false)
    {
        using var bitmap = new SKBitmap(
            new SKImageInfo(width, height, SKColorType.Rgba8888, alpha ? SKAlphaType.Unpremul : SKAlphaType.Opaque));
        var random = new SampleRandom(key);
        for (var i = 0; i < width * height; i++)
        {
            var color = new SKColor((byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256));
            bitmap.SetPixel(i % width, i / width, alpha ? color.WithAlpha((byte)random.Next(256)) : color);
        }

        return Png(bitmap);
    }

    private static byte[] Png(SKBitmap bitmap)
    {
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }
}
