using Microsoft.ML.Clip.Imaging;

namespace Microsoft.ML.Clip.Tests.Imaging;

/// <summary>The header decides how a PNG is decoded, so it must be one.</summary>
public sealed class PngHeaderTests
{
    private static readonly byte[] Gray16 = TestImages.Png(1, 1, 16, 0, [[0x12, 0x34]]);

    [Fact]
    public void AHeaderTellsDepthAndColors()
    {
        Assert.True(PngHeader.TryRead(Gray16, out var header));
        Assert.Equal(new PngHeader(16, 0), header);
        Assert.True(header.IsGray16);
    }

    [Theory]
    [InlineData(0)] // no PNG
    [InlineData(12)] // another chunk than IHDR in its place
    [InlineData(15)]
    public void WhatHasNoneIsNotTakenAtItsWord(int changed)
    {
        var bytes = Gray16.ToArray();
        bytes[changed] ^= 1;
        Assert.False(PngHeader.TryRead(bytes, out _));
        Assert.Throws<InvalidDataException>(() => ImageDecoder.Decode(bytes, 100, Gray16Conversion.Scale));
    }

    [Fact]
    public void AFileThatEndsInItHasNone() => Assert.False(PngHeader.TryRead(Gray16.AsSpan(0, 32), out _));

    [Theory]
    [InlineData(1, 0, nameof(PixelMode.Palette))]
    [InlineData(8, 0, nameof(PixelMode.Rgb))]
    [InlineData(8, 2, nameof(PixelMode.Rgb))]
    [InlineData(8, 3, nameof(PixelMode.Palette))]
    [InlineData(8, 4, nameof(PixelMode.Rgba))]
    [InlineData(16, 6, nameof(PixelMode.Rgba))]
    public void TheModeIsPillows(int depth, int colors, string mode) => Assert.Equal(mode, new PngHeader(depth, colors).Mode.ToString());
}
