using Microsoft.ML.Clip.Imaging;
using SkiaSharp;

namespace Microsoft.ML.Clip.Tests.Imaging;

public sealed class ImageDecoderTests
{
    private static readonly byte[] FourColors = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120];

    [Theory]
    [InlineData(SKEncodedImageFormat.Png)]
    [InlineData(SKEncodedImageFormat.Jpeg)]
    [InlineData(SKEncodedImageFormat.Webp)]
    public void OpaqueFilesAreRgb(SKEncodedImageFormat format)
    {
        using var image = Decode(TestImages.Encode(format, 13, 7));

        Assert.Equal((13, 7, PixelMode.Rgb), (image.Width, image.Height, image.Mode));
        Assert.InRange(image.Pixels[2], 50, 104); // The coders share color between neighbours.
    }

    [Fact]
    public void ColorsUnderAlphaSurvive()
    {
        using var image = Decode(TestImages.Png(1, 1, 8, 6, [[200, 100, 50, 3]]));

        Assert.Equal(PixelMode.Rgba, image.Mode);
        Assert.Equal([200, 100, 50, 3], image.Pixels.ToArray());
    }

    [Fact]
    public void PaletteEntriesKeepTheirColorWhenTransparent()
    {
        using var image = Decode(TestImages.Png(2, 1, 8, 3, [[1, 0]], palette: FourColors, transparency: [0, 128]));

        Assert.Equal(PixelMode.Palette, image.Mode);
        Assert.Equal([40, 50, 60, 10, 20, 30], Rgb(image));
    }

    [Fact]
    public void OneBitGrayCountsAsAPalette()
    {
        using var image = Decode(TestImages.Png(3, 1, 1, 0, [[0b_1010_0000]]));

        Assert.Equal(PixelMode.Palette, image.Mode);
        Assert.Equal([255, 255, 255, 0, 0, 0, 255, 255, 255], Rgb(image));
    }

    [Fact]
    public void AColorMadeTransparentIsAColorLikeAnyOther()
    {
        using var image = Decode(TestImages.Png(2, 1, 8, 2, [[1, 2, 3, 4, 5, 6]], transparency: [0, 1, 0, 2, 0, 3]));

        Assert.Equal(PixelMode.Rgb, image.Mode);
        Assert.Equal([1, 2, 3, 4, 5, 6], Rgb(image));
    }

    [Fact]
    public void Gray16KeepsBothBytesOrTheUpperOne()
    {
        // 0x12FF, 0x0034, and 0x00FF, which a tRNS chunk would make transparent.
        var file = TestImages.Png(3, 1, 16, 0, [[0x12, 0xFF, 0x00, 0x34, 0x00, 0xFF]], transparency: [0, 255]);

        using var scaled = Decode(file);
        Assert.Equal(PixelMode.Rgb, scaled.Mode);
        Assert.Equal([0x12, 0x12, 0x12, 0, 0, 0, 0, 0, 0], Rgb(scaled));

        using var clipped = ImageDecoder.Decode(file, 100, Gray16Conversion.Clip);
        Assert.Equal(PixelMode.Gray16, clipped.Mode);
        clipped.ConvertToRgb();
        Assert.Equal([255, 255, 255, 0x34, 0x34, 0x34, 255, 255, 255], Rgb(clipped));
    }

    [Theory]
    [InlineData(4, new byte[] { 0x12, 0xFF, 0x80, 0xFF }, new byte[] { 0x12, 0x12, 0x12, 0x80 })]
    [InlineData(6, new byte[] { 0x12, 0xFF, 0x34, 0, 0x56, 0xFF, 0x80, 0xFF }, new byte[] { 0x12, 0x34, 0x56, 0x80 })]
    public void SixteenBitColorsKeepTheirUpperByte(byte colorType, byte[] row, byte[] pixel)
    {
        using var image = Decode(TestImages.Png(1, 1, 16, colorType, [row]));

        Assert.Equal(PixelMode.Rgba, image.Mode);
        Assert.Equal(pixel, image.Pixels.ToArray());
    }

    [Theory]
    [InlineData(2, 0b_1101_0000, 255, 85)]
    [InlineData(4, 0x71, 119, 17)]
    public void GraysOfFewBitsAreSpreadOverEight(byte depth, byte row, byte first, byte second)
    {
        using var image = Decode(TestImages.Png(2, 1, depth, 0, [[row]]));

        Assert.Equal(PixelMode.Rgb, image.Mode);
        Assert.Equal([first, first, first, second, second, second], Rgb(image));
    }

    [Theory]
    [InlineData(new byte[] { 30, 20, 10, 0, 60, 50, 40, 0, 7, 7, 7, 0 }, PixelMode.Palette, new byte[] { 40, 50, 60, 10, 20, 30 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 1, 1, 1, 0, 2, 2, 2, 0 }, PixelMode.Rgb, new byte[] { 1, 1, 1, 0, 0, 0 })]
    public void ABmpHasAPaletteUnlessThatIsTheIdentity(byte[] palette, object mode, byte[] colors)
    {
        byte[] file =
        [
            .. "BM"u8, 70, 0, 0, 0, 0, 0, 0, 0, 66, 0, 0, 0, // Pixels start at 14 + 40 + 3 · 4.
            40, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 8, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0,
            .. palette, 1, 0, 0, 0,
        ];

        using var image = Decode(file);

        Assert.Equal(mode, image.Mode);
        Assert.Equal(colors, Rgb(image));
    }

    [Fact]
    public void TransparentGifPixelsAndTheRoomAroundTheFrameShowThePalette()
    {
        // Index 2 is transparent; the frame covers the right one of two columns of the screen.
        using var image = Decode(TestImages.Gif((2, 2), FourColors, (1, 0, 1, 2), [2, 3], transparent: 2));

        Assert.Equal(PixelMode.Palette, image.Mode);
        Assert.Equal([70, 80, 90, 70, 80, 90, 70, 80, 90, 100, 110, 120], Rgb(image));
    }

    [Fact]
    public void WithoutATransparentColorTheRoomAroundAGifFrameHasIndexZero()
    {
        using var image = Decode(TestImages.Gif((2, 1), FourColors, (1, 0, 1, 1), [3]));

        Assert.Equal([10, 20, 30, 100, 110, 120], Rgb(image));
    }

    [Fact]
    public void AGifWhosePaletteIsTheIdentityIsGray()
    {
        using var image = Decode(TestImages.Gif((2, 1), [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3], (0, 0, 2, 1), [3, 1]));

        Assert.Equal(PixelMode.Rgb, image.Mode);
        Assert.Equal([3, 3, 3, 1, 1, 1], Rgb(image));
    }

    [Theory]
    [InlineData("an image? no.", "not an image of a known format")]
    [InlineData("BM", "not an image of a known format")]
    [InlineData("GIF89a", "a GIF whose header is damaged")]
    [InlineData("\u00FF\u00D8\u00FF\u00C0\u0000", "a JPEG whose header is damaged")]
    [InlineData("\0\0\0\u0018ftypheic\0\0\0\0", "is an HEIC, which is not among the formats read")]
    [InlineData("<svg/>", "is an SVG, which is not among the formats read")]
    [InlineData("<!doctype html>", "is an HTML page, not a picture")]
    [InlineData("version https://git-lfs.github.com/spec/v1", "a Git LFS pointer, not the picture itself")]
    public void WhatCannotBeReadIsNamed(string bytes, string expected)
    {
        var error = Assert.Throws<InvalidDataException>(() => Decode(System.Text.Encoding.Latin1.GetBytes(bytes)));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NoBytesAreSaidToBeNone() => Assert.Throws<InvalidDataException>(() => Decode([]));

    [Theory]
    [InlineData(SKEncodedImageFormat.Png)]
    [InlineData(SKEncodedImageFormat.Jpeg)]
    [InlineData(SKEncodedImageFormat.Webp)]
    public void ATruncatedFileIsRefused(SKEncodedImageFormat format)
    {
        var file = TestImages.Encode(format, 200, 150);

        Assert.Throws<InvalidDataException>(() => Decode(file[..(file.Length / 2)]));
    }

    [Fact]
    public void ADamagedFileIsRefused()
    {
        var file = TestImages.Png(2, 1, 8, 2, [[1, 2, 3, 4, 5, 6]]);
        file[^20] ^= 0xFF; // In the compressed pixels.

        Assert.Throws<InvalidDataException>(() => Decode(file));
    }

    [Fact]
    public void ABombIsRefusedByItsHeader()
    {
        // 60 000 × 60 000 pixels in some hundred bytes; decoding would take 14 GB.
        var bomb = TestImages.Png(60_000, 60_000, 8, 2, [[0]]);

        var error = Assert.Throws<InvalidDataException>(() => Decode(bomb));

        Assert.Contains("60000 × 60000", error.Message, StringComparison.Ordinal);
        Assert.Contains("MaxPixels", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheLimitItselfIsAllowed()
    {
        var file = TestImages.Encode(SKEncodedImageFormat.Png, 10, 10);

        ImageDecoder.Decode(file, 100, default).Dispose();
        Assert.Throws<InvalidDataException>(() => ImageDecoder.Decode(file, 99, default));
    }

    [Fact]
    public void ADisposedImageHandsOutNothing()
    {
        var image = Decode(TestImages.Encode(SKEncodedImageFormat.Png, 2, 2));
        image.Dispose();
        image.Dispose();

        Assert.Throws<ObjectDisposedException>(() => image.Pixels.Length);
    }

    private static DecodedImage Decode(byte[] file) => ImageDecoder.Decode(file, new ClipImagePreprocessing().MaxPixels, default);

    private static byte[] Rgb(DecodedImage image) => [.. image.Pixels.ToArray().Where((_, i) => i % 4 != 3)];
}
