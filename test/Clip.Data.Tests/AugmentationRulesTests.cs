using Clip.Conversion.Initialization;
using Clip.Data;
using Clip.Data.Augmenting;
using Clip.Testing;
using CsCheck;

namespace Clip.Data.Tests;

/// <summary>How much is done to a picture, which has to fit its size, and in which order.</summary>
public sealed class AugmentationRulesTests
{
    [Theory]
    [InlineData(56)]
    [InlineData(224)]
    [InlineData(336)]
    public void ABlurIsOfATenthToTwoPixelsAt224AndInProportionAtOtherSizes(int width)
    {
        const int height = 8;
        for (var key = 0; key < 6; key++)
        {
            var (before, random) = (Noise(width * height, key), new SampleRandom(key));
            random.NextDouble(); // whether it is blurred at all
            var expected = before.ToArray();
            GaussianBlur.Apply(expected, width, (0.1 + (1.9 * random.NextDouble())) * width / 224);

            Assert.Equal(expected, After(new Augmentation { BlurChance = 1 }, before, width, key));
        }
    }

    /// <summary>A tall picture moves down by a share of its height, and to the right by a share of its width.</summary>
    [Fact]
    public void APictureMovesByAShareOfItsOwnSizeOnEachAxis()
    {
        const int width = 10, height = 40;
        // A pixel's red is its column, its green its row.
        var picture = Enumerable.Range(0, width * height).SelectMany(i => new[] { (byte)(i % width), (byte)(i / width), (byte)0, (byte)0 });
        var moves = Enumerable.Range(0, 400).Select(key =>
        {
            var after = After(new Augmentation { Translation = 0.3 }, [.. picture], width, key);
            var middle = 4 * ((height / 2 * width) + (width / 2));
            return (Right: (width / 2) - after[middle], Down: (height / 2) - after[middle + 1]);
        }).ToArray();

        Assert.Equal((-3, 3), (moves.Min(m => m.Right), moves.Max(m => m.Right)));
        Assert.Equal((-12, 12), (moves.Min(m => m.Down), moves.Max(m => m.Down)));
    }

    [Fact]
    public void TheStepsFollowTheOrderOfTheProperties()
    {
        const int width = 24, height = 16;
        var all = new Augmentation
        {
            FlipChance = 0.5,
            Rotation = 25,
            Translation = 0.2,
            Zoom = 0.3,
            OutlineChance = 0.4,
            ColorJitter = 0.6,
            Hue = 0.2,
            GrayscaleChance = 0.3,
            BlurChance = 0.5,
        };
        for (var key = 0; key < 24; key++)
        {
            var random = new SampleRandom(key);
            var expected = Noise(width * height, key);
            if (random.NextDouble() < 0.5) PixelChanges.Flip(expected, width);
            var (degrees, zoom) = (random.NextDouble(-25, 25), random.NextDouble(0.7, 1.3));
            var (right, down) = (random.NextDouble(-0.2, 0.2) * width, random.NextDouble(-0.2, 0.2) * height);
            AffineWarp.Apply(expected.ToArray(), expected, width, degrees, zoom, right, down);
            if (random.NextDouble() < 0.4) Outlines.Apply(expected, width, (float)random.NextDouble());
            PixelChanges.Color(
                expected, (float)random.NextDouble(0.4, 1.6), (float)random.NextDouble(0.4, 1.6), (float)random.NextDouble(0.4, 1.6));
            PixelChanges.Hue(expected, (float)random.NextDouble(-0.2, 0.2));
            if (random.NextDouble() < 0.3) PixelChanges.Color(expected, 1, 1, saturation: 0);
            if (random.NextDouble() < 0.5) GaussianBlur.Apply(expected, width, random.NextDouble(0.1, 2) * width / 224);

            Assert.Equal(expected, After(all, Noise(width * height, key), width, key));
        }
    }

    [Fact]
    public void AChanceIsHowOftenSomethingHappens()
    {
        byte[] picture = [200, 0, 0, 0, 0, 0, 100, 0];
        Share(new Augmentation { FlipChance = 0.25 }, after => after[0] == 0, 0.25);
        Share(new Augmentation { GrayscaleChance = 0.75 }, after => after[0] == after[1] && after[1] == after[2], 0.75);
        Share(new Augmentation { OutlineChance = 0.25 }, after => after[0] == 0, 0.25);
        Share(new Augmentation { FlipChance = 1 }, after => after[0] == 0, 1);

        void Share(Augmentation augmentation, Func<byte[], bool> happened, double chance) => Assert.InRange(
            Enumerable.Range(0, 2000).Count(key => happened(After(augmentation, picture, 2, key))) / 2000.0, chance - 0.04, chance + 0.04);
    }

    [Fact]
    public void EachOfTheSettingsDoesSomethingByItself()
    {
        var before = Noise(16 * 12, 4);
        Augmentation[] single =
        [
            new() { FlipChance = 1 }, new() { Rotation = 20 }, new() { Translation = 0.2 }, new() { Zoom = 0.2 },
            new() { OutlineChance = 1 }, new() { ColorJitter = 0.4 }, new() { Hue = 0.2 }, new() { GrayscaleChance = 1 },
        ];

        Assert.All(single, augmentation => Assert.NotEqual(before, After(augmentation, before, 16, 1)));
        Assert.NotEqual(before, After(new Augmentation { BlurChance = 1 }, Noise(224 * 2, 4), 224, 1));
    }

    [Fact]
    public void WhatIsLeftOutDrawsNoNumbersAndChangesNothing()
    {
        var (pixels, random) = (Noise(64, 5), new SampleRandom(9));
        var before = pixels.ToArray();

        new Augmentation().Apply(pixels, 8, ref random);

        Assert.Equal(before, pixels);
        Assert.Equal(new SampleRandom(9).NextUInt64(), random.NextUInt64());
    }

    /// <summary>The weights add up to one whole, for every width of the bell.</summary>
    [Fact]
    public void ABlurLeavesAPlainPictureAsItIs()
    {
        for (var sigma = 0.1; sigma < 6; sigma += 0.07)
        {
            var pixels = new byte[4 * 12 * 9];
            Array.Fill(pixels, (byte)255);

            GaussianBlur.Apply(pixels, 12, sigma);

            Assert.True(pixels.All(value => value == 255), $"{sigma}: {pixels.Min()}");
        }
    }

    [Fact]
    public void WhatLiesUnderATransparentPixelIsRoundedToTheNearest()
    {
        for (var alpha = 0; alpha < 256; alpha++)
        {
            for (var behind = 0; behind < 256; behind++)
            {
                byte[] pixel = [0, 0, 0, (byte)alpha];
                PixelChanges.Compose(pixel, ((byte)behind, (byte)(255 - behind), 255));

                Assert.Equal(Math.Round(behind * (255 - alpha) / 255.0), pixel[0]);
                Assert.Equal(Math.Round((255 - behind) * (255 - alpha) / 255.0), pixel[1]);
                Assert.Equal(255 - alpha, pixel[2]);
            }
        }
    }

    [Fact]
    public void APremultipliedPixelIsAddedToWhatShowsThroughAndNeverWrapsRound()
    {
        byte[] pixels = [100, 50, 0, 155, 255, 255, 255, 255, 200, 0, 10, 0];
        PixelChanges.Compose(pixels, (51, 102, 255));

        Assert.Equal<byte>([120, 90, 100, 155, 255, 255, 255, 255, 251, 102, 255, 0], pixels);
    }

    [Fact]
    public void FlippingTwiceAndTurningHuesAllTheWayRoundComeBack() =>
        Gen.Select(Gen.Int[1, 20], Gen.Int[1, 6], Gen.Int[0, 1000]).Holds(drawn =>
        {
            var (width, height, key) = drawn;
            var before = Noise(width * height, key);
            var pixels = before.ToArray();
            PixelChanges.Flip(pixels, width);
            for (var i = 0; i < width * height; i++)
                Assert.Equal(before[4 * (((i / width) * width) + width - 1 - (i % width))], pixels[4 * i]);
            PixelChanges.Flip(pixels, width);
            Assert.Equal(before, pixels);
            PixelChanges.Hue(pixels, 1);
            Assert.All(before.Zip(pixels), pair => Assert.InRange(pair.Second - pair.First, -1, 1));
        }, count: 50);

    private static byte[] After(Augmentation augmentation, byte[] picture, int width, long key)
    {
        var (pixels, random) = (picture.ToArray(), new SampleRandom(key));
        augmentation.Apply(pixels, width, ref random);
        return pixels;
    }

    private static byte[] Noise(int pixels, long key)
    {
        var random = new SampleRandom(key, pixels);
        var bytes = new byte[4 * pixels];
        foreach (ref var value in bytes.AsSpan()) value = (byte)random.Next(256);
        return bytes;
    }
}
