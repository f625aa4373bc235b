using Clip.Conversion.Initialization;
using Clip.Data;

namespace Clip.Data.Tests;

public class RandomResizedCropTests
{
    [Theory]
    [InlineData(64, 64)]
    [InlineData(640, 427)]
    [InlineData(17, 301)]
    [InlineData(1, 1)]
    public void CropsLieInsideAndKeepToTheirBounds(int width, int height)
    {
        var crop = new RandomResizedCrop(0.5, 1);
        for (var i = 0; i < 500; i++)
        {
            var random = new SampleRandom(7, i);
            var (x, y, w, h) = crop.Draw(width, height, ref random);
            Assert.InRange(x, 0, width - w);
            Assert.InRange(y, 0, height - h);
            Assert.True(w > 0 && h > 0);
            // Rounding to whole pixels moves a small crop's ratio further.
            if (Math.Min(w, h) > 20) Assert.InRange((double)w / h, 0.75 * 0.95, 4.0 / 3 * 1.05);
        }
    }

    [Fact]
    public void TheWholeImageIsDrawnWhereNothingElseIsAllowed()
    {
        var random = new SampleRandom(1);

        Assert.Equal((0, 0, 30, 30), new RandomResizedCrop(1, 1, 1, 1).Draw(30, 30, ref random));
    }

    [Theory]
    [InlineData(300, 200)]
    [InlineData(401, 300)] // a pixel wider than 4 : 3
    [InlineData(17, 301)]
    public void AllOfTheAreaIsTheSameCropEveryTime(int width, int height) =>
        Assert.Single(Enumerable.Range(0, 2000).Select(i => Draw(new RandomResizedCrop(1), width, height, i)).Distinct());

    /// <summary>A picture's edges are shown as well as its middle: every place where a crop fits is drawn.</summary>
    [Fact]
    public void CropsReachAllEdges()
    {
        var crop = new RandomResizedCrop(0.5, 0.9);
        var drawn = Enumerable.Range(0, 2000).Select(i => Draw(crop, 9, 12, i)).ToArray();

        Assert.Contains(drawn, d => d.X == 0);
        Assert.Contains(drawn, d => d.Y == 0);
        Assert.Contains(drawn, d => d.X > 0 && d.X + d.Width == 9);
        Assert.Contains(drawn, d => d.Y > 0 && d.Y + d.Height == 12);
    }

    /// <summary>A ratio and its inverse are as likely: wide crops are no more often drawn than tall ones.</summary>
    [Fact]
    public void RatiosAreEvenInTheirLogarithm()
    {
        var crop = new RandomResizedCrop(0.01, 0.02, 0.1, 10);
        var logs = Enumerable.Range(0, 4000).Select(i => Draw(crop, 1000, 1000, i))
            .Select(d => Math.Log10((double)d.Width / d.Height)).ToArray();

        foreach (var (bound, share) in new[] { (-0.5, 0.25), (0, 0.5), (0.5, 0.75) })
            Assert.InRange(logs.Count(log => log < bound) / 4000.0, share - 0.03, share + 0.03);
    }

    [Fact]
    public void SharesOfTheAreaAreEven()
    {
        var crop = new RandomResizedCrop(0.2, 0.6);
        var shares = Enumerable.Range(0, 4000).Select(i => Draw(crop, 1000, 1000, i)).Select(d => d.Width * d.Height / 1e6).ToArray();

        Assert.InRange(shares.Min(), 0.199, 0.202);
        Assert.InRange(shares.Max(), 0.598, 0.601);
        Assert.InRange(shares.Count(share => share < 0.4) / 4000.0, 0.47, 0.53);
    }

    /// <summary>Smaller than a pixel, none fits.</summary>
    [Fact]
    public void WhereACropWouldBeNothingAllIsShown() =>
        Assert.Equal((0, 0, 2, 2), Draw(new RandomResizedCrop(0.01, 0.02), 2, 2, 1));

    /// <summary>Two numbers for each try and two for the place: what is drawn behind a crop stays the same in later versions.</summary>
    [Theory]
    [InlineData(30, 30, 1, 4)]
    [InlineData(100, 9, 1, 20)]
    [InlineData(300, 300, 0.9, 4)]
    public void ACropDrawsAsManyNumbersAsItNeeds(int width, int height, double scale, int numbers)
    {
        var (random, expected) = (new SampleRandom(7), new SampleRandom(7));

        new RandomResizedCrop(scale, scale, 1, 1).Draw(width, height, ref random);

        for (var i = 0; i < numbers; i++) expected.NextUInt64();
        Assert.Equal(expected.NextUInt64(), random.NextUInt64());
    }

    [Theory]
    [InlineData(100, 9, 44, 0, 12, 9)] // too wide: the middle of 4 : 3
    [InlineData(9, 100, 0, 44, 9, 12)] // too tall: that of 3 : 4
    public void WhereNoCropFitsTheLargestInTheMiddleIsShown(int width, int height, int x, int y, int w, int h) =>
        Assert.Equal((x, y, w, h), Draw(new RandomResizedCrop(1, 1), width, height, 1));

    private static (int X, int Y, int Width, int Height) Draw(RandomResizedCrop crop, int width, int height, long key)
    {
        var random = new SampleRandom(7, key);
        return crop.Draw(width, height, ref random);
    }
}
