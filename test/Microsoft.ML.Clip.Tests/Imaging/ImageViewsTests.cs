using Microsoft.ML.Clip.Imaging;

namespace Microsoft.ML.Clip.Tests.Imaging;

/// <summary>Which parts of a picture its views show, told by pixels that say where they are.</summary>
public sealed class ImageViewsTests
{
    private const int Height = 8, Width = 16, Size = 3 * Height * Width;

    /// <summary>Between pixels that rise evenly, what is drawn between them is where it was taken from.</summary>
    [Fact]
    public void CropsAreSevenEighthsFromEachCornerDrawnAsLargeAsTheWhole()
    {
        var pixels = new float[ImageViews.Count(ClipImageViews.Crops) * Size];
        Fill(pixels, (x, y) => (x, y));

        ImageViews.Fill(ClipImageViews.Crops, Height, Width, pixels);

        var (right, low) = (Width / 8f, Height / 8f);
        (float X, float Y)[] corners = [(0, 0), (right, 0), (0, low), (right, low)];
        for (var corner = 0; corner < 4; corner++)
        {
            var (left, top) = corners[corner];
            var expected = new float[Size];
            // Middles of pixels lie at halves, and there is nothing beyond the outermost.
            Fill(expected, (x, y) => (Place(left, x, Width), Place(top, y, Height)));
            AssertView(expected, pixels, 2 + (2 * corner));
            AssertView(Mirrored(expected), pixels, 3 + (2 * corner));
        }
    }

    [Theory]
    [InlineData(ClipImageViews.Mirrored)]
    [InlineData(ClipImageViews.Crops)]
    public void TheSecondIsTheWholeFromTheOtherSide(ClipImageViews views)
    {
        var pixels = new float[ImageViews.Count(views) * Size];
        Fill(pixels, (x, y) => (x, y));
        var whole = pixels[..Size];

        ImageViews.Fill(views, Height, Width, pixels);

        AssertView(whole, pixels, 0);
        AssertView(Mirrored(whole), pixels, 1);
    }

    private static float Place(float offset, int i, int length) => Math.Clamp(offset + ((i + 0.5f) * 7 / 8) - 0.5f, 0, length - 1);

    /// <summary>Each channel by itself.</summary>
    private static void Fill(float[] pixels, Func<int, int, (float X, float Y)> from)
    {
        for (var i = 0; i < Size; i++)
        {
            var (channel, y, x) = (i / (Height * Width), i / Width % Height, i % Width);
            var place = from(x, y);
            pixels[i] = (1000 * channel) + place.X + (20 * place.Y);
        }
    }

    private static float[] Mirrored(float[] pixels) => [.. pixels.Chunk(Width).SelectMany(row => row.Reverse())];

    private static void AssertView(float[] expected, float[] pixels, int view) =>
        Assert.All(expected.Zip(pixels.Skip(view * Size)), pair => Assert.Equal(pair.First, pair.Second, 1e-3f));
}
