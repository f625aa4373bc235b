using Clip.Evaluation.Report;
using SkiaSharp;

namespace Clip.Evaluation.Tests.Report;

/// <summary>Thumbnails lie in their sheets where the page looks for them, and get smaller where there are too many.</summary>
public sealed class SheetsTests
{
    [Fact]
    public void ThumbnailsLieInRowsFromTheTop()
    {
        byte[] reds = [.. Enumerable.Range(0, 11).Select(i => (byte)(20 * i))];

        var sheets = Assert.Single(Sheets.Of([Pictures(reds)], 10_000_000));

        Assert.Equal((224, 3, 9, 2), (sheets.Edge, sheets.Columns, sheets.PerSheet, sheets.Files.Count));
        using var first = SKBitmap.Decode(sheets.Files[0]);
        using var second = SKBitmap.Decode(sheets.Files[1]);
        Assert.Equal((672, 672, 448, 224), (first.Width, first.Height, second.Width, second.Height)); // two of a row of three
        for (var i = 0; i < reds.Length; i++)
        {
            var pixel = (i < 9 ? first : second).GetPixel(i % 9 % 3 * 224 + 200, i % 9 / 3 * 224 + 200);
            Assert.InRange(pixel.Red - reds[i], -8, 8);
            Assert.InRange(pixel.Green - 200, -8, 8);
            Assert.InRange(pixel.Blue - 40, -8, 8);
        }
    }

    [Fact]
    public void EachAlbumHasSheetsOfItsOwn()
    {
        var albums = Sheets.Of([Pictures(0), Pictures(), Pictures(0, 0)], 10_000_000);

        Assert.Equal([1, 0, 1], albums.Select(album => album.Files.Count));
    }

    [Fact]
    public void WhereNothingFitsThumbnailsAreTheSmallest()
    {
        var sheets = Assert.Single(Sheets.Of([Pictures(0, 100)], 1));

        Assert.Equal((16, 48), (sheets.Edge, sheets.Columns));
    }

    /// <summary>Pictures of equal pixels take less than is reckoned with; what is reckoned is what counts.</summary>
    [Theory]
    [InlineData(224 * 224 / 4, 224)]
    [InlineData((224 * 224 / 4) - 1, 160)]
    public void ThumbnailsAreTheLargestThatFit(long budget, int edge) => Assert.Equal(edge, Sheets.Of([Pictures(0)], budget)[0].Edge);

    [Fact]
    public void APictureThatCannotBeReadIsNamed()
    {
        var error = Assert.Throws<ClipException>(() => Sheets.Of([[new ReportedPicture("cat/1.png", () => [1, 2, 3])]], 10_000_000));

        Assert.Contains("cat/1.png cannot be read for the report", error.Message, StringComparison.Ordinal);
    }

    private static ReportedPicture[] Pictures(params byte[] reds) =>
        [.. reds.Select((red, i) => new ReportedPicture($"{i}.png", () => Painted.Png(red, 200, 40)))];
}
