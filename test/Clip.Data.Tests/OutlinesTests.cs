using Clip.Data.Augmenting;

namespace Clip.Data.Tests;

public sealed class OutlinesTests
{
    private const int Width = 9;

    /// <summary>Left of the middle blue, right of it red.</summary>
    private static byte[] TwoColors() =>
        [.. Enumerable.Range(0, Width * 4).SelectMany(i => i % Width < 4 ? new byte[] { 10, 20, 250, 7 } : [240, 30, 10, 7])];

    [Fact]
    public void WhereColorChangesIsBlackAndTheRestIsPaper()
    {
        var pixels = TwoColors();
        Outlines.Apply(pixels, Width, fill: 0);

        for (var i = 0; i < Width * 4; i++)
            Assert.Equal(i % Width is 3 or 4 ? [0, 0, 0, 7] : [255, 255, 255, 7], pixels[(4 * i)..(4 * i + 4)]);
    }

    [Fact]
    public void BetweenTheLinesIsAsMuchOfTheColorsAsIsAskedFor()
    {
        var (all, half) = (TwoColors(), TwoColors());
        Outlines.Apply(all, Width, fill: 1);
        Outlines.Apply(half, Width, fill: 0.5f);

        Assert.Equal([10, 20, 250, 7], all[..4]);
        Assert.Equal([133, 138, 253, 7], half[..4]); // halfway to white
        Assert.Equal([0, 0, 0, 7], all[12..16]);
    }

    /// <summary>The channel that changes most tells, whichever it is.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void AChangeOfOneChannelIsALine(int channel)
    {
        var pixels = Enumerable.Range(0, Width * 3 * 4).Select(i => (byte)(i % 4 == channel && i / 4 % Width >= 4 ? 240 : 30)).ToArray();
        Outlines.Apply(pixels, Width, fill: 0);

        Assert.Equal([255, 0, 0, 255], Enumerable.Range(2, 4).Select(x => pixels[4 * (Width + x)]));
    }

    /// <summary>A slope of 24 levels a pixel is a quarter of what is black.</summary>
    [Fact]
    public void SoftChangesAreDrawnSoftly()
    {
        byte[] pixels = [.. Enumerable.Range(0, Width * 3).SelectMany(i => Enumerable.Repeat((byte)(24 * (i % Width)), 4))];
        Outlines.Apply(pixels, Width, fill: 0);

        Assert.Equal(128, pixels[4 * (Width + 4)]); // over two pixels, 48 of 96
    }

    [Fact]
    public void APlainPictureHasNoLines()
    {
        var pixels = Enumerable.Repeat((byte)90, 4 * Width * 3).ToArray();
        Outlines.Apply(pixels, Width, fill: 1);

        Assert.All(pixels, value => Assert.Equal(90, value));
    }
}
