using Clip.Cli.Quickstart;
using Clip.Conversion.Initialization;
using SkiaSharp;

namespace Clip.Cli.Tests.Quickstart;

/// <summary>A drawn picture shows what its caption may say of it.</summary>
public sealed class ScenePainterTests
{
    private static readonly Combination Disk = new("small", "plain", "red", "circle");

    [Theory]
    [InlineData("left", -1, 0)]
    [InlineData("right", 1, 0)]
    [InlineData("top", 0, -1)]
    [InlineData("bottom", 0, 1)]
    [InlineData("middle", 0, 0)]
    public void TheThingLiesWhereItIsSaidTo(string position, int across, int down)
    {
        for (var i = 0; i < 8; i++)
        {
            using var picture = Paint(new Scene(Disk, "white", position), i);
            var (x, y) = Center(picture);
            // A tenth of the side is not in the middle any more.
            Assert.Equal((across, down), (Side(x), Side(y)));
        }

        static int Side(double at) => Math.Abs(at - 31.5) < 4 ? 0 : Math.Sign(at - 31.5);
    }

    [Theory]
    [InlineData("white", 250, 250, 250)]
    [InlineData("black", 14, 14, 14)]
    [InlineData("grey", 128, 128, 128)]
    [InlineData("beige", 222, 206, 170)]
    public void TheGroundHasItsColor(string ground, int red, int green, int blue)
    {
        using var picture = Paint(new Scene(Disk, ground, "middle"));
        foreach (var (x, y) in new[] { (0, 0), (63, 0), (0, 63), (63, 63) })
        {
            var color = picture.GetPixel(x, y);
            Assert.Equal((red, green, blue), (color.Red, color.Green, color.Blue), (a, b) =>
                Math.Abs(a.Item1 - b.Item1) <= 14 && Math.Abs(a.Item2 - b.Item2) <= 14 && Math.Abs(a.Item3 - b.Item3) <= 14);
        }
    }

    [Fact]
    public void ALargeThingIsTwiceASmallOne()
    {
        using var small = Paint(new Scene(Disk, "white", "middle"));
        using var large = Paint(new Scene(Disk with { Size = "large" }, "white", "middle"));

        Assert.InRange(Covered(small), 850, 1150);
        Assert.InRange(Covered(large), 1900, 2500);
    }

    /// <summary>Stripes run one way: along them a color goes on, across them it changes. Dots change it both ways.</summary>
    [Fact]
    public void ATextureIsPlainStripedOrDotted()
    {
        var (plain, striped, dotted) = (Changes("plain"), Changes("striped"), Changes("dotted"));

        Assert.Equal((0, 0), plain);
        Assert.True(striped.Across > 3 * Math.Max(1, striped.Along), $"{striped}");
        Assert.True(dotted.Across > 20 && dotted.Along > 20, $"{dotted}");

        static (int Across, int Along) Changes(string texture)
        {
            using var picture = Paint(new Scene(new Combination("large", texture, "blue", "square"), "white", "middle"));
            var (across, along) = (0, 0);
            for (var y = 20; y < 44; y++)
            {
                for (var x = 20; x < 44; x++)
                {
                    if (Differ(picture.GetPixel(x, y), picture.GetPixel(x + 2, y))) across++;
                    if (Differ(picture.GetPixel(x, y), picture.GetPixel(x, y + 2))) along++;
                }
            }

            return (across, along);
        }

        static bool Differ(SKColor a, SKColor b) => Math.Abs(a.Red - b.Red) + Math.Abs(a.Green - b.Green) > 60;
    }

    [Fact]
    public void ARingHasAHoleAndADiskHasNone()
    {
        using var ring = Paint(new Scene(Disk with { Shape = "ring" }, "white", "middle"));
        using var disk = Paint(new Scene(Disk, "white", "middle"));

        var (x, y) = Center(ring);
        Assert.False(IsThing(ring.GetPixel((int)x, (int)y)));
        Assert.True(IsThing(disk.GetPixel((int)x, (int)y)));
    }

    /// <summary>What a caption tells of the place and the ground is so.</summary>
    [Fact]
    public void ACaptionTellsTheTruth()
    {
        var captions = Enumerable.Range(0, 400).Select(i =>
        {
            var random = new SampleRandom(2, i);
            return SceneCaptions.Write(new Scene(Disk, "beige", "left"), ref random);
        }).ToArray();

        Assert.InRange(captions.Count(caption => caption.Contains("left", StringComparison.Ordinal)), 80, 190);
        Assert.InRange(captions.Count(caption => caption.EndsWith("background", StringComparison.Ordinal)
            || caption.Contains("on a beige background", StringComparison.Ordinal)), 150, 250);
        string[] untrue = ["right", "top", "bottom", "middle", "centre", "white", "black", "grey", "strip", "dot", "large", "big", "huge"];
        Assert.All(captions, caption => Assert.DoesNotContain(untrue, word => caption.Contains(word, StringComparison.Ordinal)));
        Assert.All(captions, caption => Assert.Matches("small|little|tiny", caption));
        Assert.All(SceneCaptions.Templates, template => Assert.Contains("{}", template, StringComparison.Ordinal));
    }

    private static SKBitmap Paint(Scene scene, int i = 0)
    {
        var random = new SampleRandom(7, i);
        return SKBitmap.Decode(ScenePainter.Paint(scene, ref random));
    }

    private static bool IsThing(SKColor color) => color.Red - color.Green > 80;

    private static int Covered(SKBitmap picture) => picture.Pixels.Count(IsThing);

    private static (double X, double Y) Center(SKBitmap picture)
    {
        var pixels = picture.Pixels;
        var places = Enumerable.Range(0, pixels.Length).Where(i => IsThing(pixels[i])).ToArray();
        return (places.Average(i => i % 64), places.Average(i => i / 64));
    }
}
