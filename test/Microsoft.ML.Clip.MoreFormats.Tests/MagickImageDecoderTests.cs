using Clip.Testing;
using ImageMagick;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What ImageMagick reads is what Pillow reads, bit for bit; what it reads otherwise is refused.</summary>
public sealed class MagickImageDecoderTests
{
    private static readonly string[] Endings = [".tif", ".tga", ".jp2", ".j2k", ".pcx", ".sgi", ".dds"];

    static MagickImageDecoderTests() => ClipImageDecoder.Register(new MagickImageDecoder());

    public static TheoryData<string> Pictures() => [.. PictureGoldens.All.Where(IsExact)];

    [Theory]
    [MemberData(nameof(Pictures))]
    public void EveryConfigurationGivesEveryBit(string picture) =>
        Assert.Equal(PictureGoldens.Expected(picture), PictureGoldens.Actual(picture));

    [Theory]
    [InlineData(MagickFormat.Jxl, 0)]
    [InlineData(MagickFormat.Avif, 3)]
    public void PhoneAndWebFormatsAreRead(MagickFormat format, int tolerance)
    {
        using var image = new MagickImage(new MagickColor(200, 100, 50), 64, 48) { Quality = 100 };
        var preprocessor = ClipImagePreprocessor.Create(
            ClipImagePreprocessing.ForSize(32) with { DoRescale = false, DoNormalize = false });
        var floats = new float[preprocessor.FloatCount];

        preprocessor.Preprocess(image.ToByteArray(format), floats);

        float[] expected = [200, 100, 50];
        for (var i = 0; i < floats.Length; i++) Assert.InRange(floats[i] - expected[i / (32 * 32)], -tolerance, tolerance);
    }

    [Theory]
    [InlineData("own/0588_tiff_F.tif")]
    [InlineData("own/0589_tiff_LAB.tif")]
    public void KindsThatWouldDifferAreRefused(string picture)
    {
        var error = Assert.Throws<InvalidDataException>(() => PictureGoldens.Actual(picture));

        Assert.Contains("which is not read: convert it", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ADamagedFileIsRefused()
    {
        var file = PictureGoldens.Read("own/0584_tiff_RGB.tif");

        var error = Assert.Throws<InvalidDataException>(() => PictureGoldens.Sha256(file[..64], "orig-32-bicubic"));

        Assert.Contains("is damaged, or of a kind that cannot be read", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ALargerPictureThanAllowedIsRefused()
    {
        var file = PictureGoldens.Read("own/0584_tiff_RGB.tif");

        var error = Assert.Throws<InvalidDataException>(() => new MagickImageDecoder().Decode(file, "tif", maxPixels: 99));

        Assert.Contains("80 × 60 pixels, more than the 99 allowed", error.Message, StringComparison.Ordinal);
    }

    private static bool IsExact(string picture) =>
        picture.EndsWith("jpeg_cmykarith.jpg", StringComparison.Ordinal)
        || (Endings.Contains(Path.GetExtension(picture)) && !picture.Contains("tiff_F", StringComparison.Ordinal)
            && !picture.Contains("tiff_LAB", StringComparison.Ordinal));
}
