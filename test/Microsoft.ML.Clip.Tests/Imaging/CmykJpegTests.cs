using Clip.Testing;
using Microsoft.ML.Clip.Imaging;

namespace Microsoft.ML.Clip.Tests.Imaging;

/// <summary>The inks of CMYK JPEGs; that they are Pillow's is what the golden tests show.</summary>
public sealed class CmykJpegTests
{
    /// <summary>
    /// Skia multiplies where Pillow subtracts a product: the two may differ by one, and do not by more if the inks are right.
    /// </summary>
    [SkippableTheory]
    [InlineData(0)]
    [InlineData(2)]
    public void AgreesWithSkiasConversionButForRounding(byte transform)
    {
        var file = File.ReadAllBytes(Golden.Path("golden/preprocess/images/coffee_cmyk.jpg"));
        file[file.AsSpan().IndexOf("Adobe"u8) + 11] = transform; // 0: CMYK. 2: the same numbers are said to be YCCK.

        using var image = ImageDecoder.Decode(file, 1 << 20, default);
        using var skia = ImageDecoder.DecodeWithSkia(file, 1 << 20, PixelMode.Rgb);

        Assert.Equal(PixelMode.Cmyk, image.Mode);
        image.ConvertToRgb();
        for (var i = 0; i < image.Pixels.Length; i++)
        {
            if (i % 4 != 3) Assert.InRange(image.Pixels[i] - skia.Pixels[i], -1, 1);
        }
    }

    [SkippableFact]
    public void ATruncatedFileIsRefused()
    {
        var file = File.ReadAllBytes(Golden.Path("golden/preprocess/images/coffee_cmyk.jpg"));

        Assert.Throws<InvalidDataException>(() => ImageDecoder.Decode(file.AsSpan(0, file.Length / 2), 1 << 20, default));
    }

    /// <summary>Whatever a byte is changed to, the outcome is an image or the one documented exception.</summary>
    [SkippableFact]
    public void DamageNeverEndsInAnotherException()
    {
        var file = File.ReadAllBytes(Golden.Path("golden/preprocess/images/coffee_cmyk.jpg"));
        var random = new Random(11);
        for (var round = 0; round < 24; round++)
        {
            var damaged = file.ToArray();
            for (var i = 0; i < 3; i++) damaged[random.Next(round < 18 ? 700 : damaged.Length)] = (byte)random.Next(256);
            try
            {
                ImageDecoder.Decode(damaged, 1 << 20, default).Dispose();
            }
            catch (InvalidDataException e)
            {
                Assert.NotEmpty(e.Message);
            }
        }
    }
}
