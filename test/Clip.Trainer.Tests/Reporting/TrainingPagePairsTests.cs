using System.Text.RegularExpressions;
using Clip.Trainer.Reporting;
using Clip.Trainer.Training;
using Clip.Trainer.Validation;
using SkiaSharp;

namespace Clip.Trainer.Tests.Reporting;

/// <summary>The table of pairs on a run's page: which picture, which text, and how alike they are.</summary>
public sealed partial class TrainingPagePairsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void APairsOwnCellIsFramedAndTheMoreAlikeTheDarker()
    {
        var cells = Cell().Matches(Page([0.9f, -0.1f, 0.2f, 0.4f])).ToArray();

        Assert.Equal([true, false, false, true], cells.Select(cell => cell.Groups[1].Length > 0));
        // From the least alike of all to the most: 0 to 0.8.
        Assert.Equal(["0.80", "0.00", "0.24", "0.40"], cells.Select(cell => cell.Groups[2].Value));
    }

    [Fact]
    public void WhereAllAreAlikeNoneIsDarker() =>
        Assert.Equal(["0.00"], Cell().Matches(Page([0.5f, 0.5f, 0.5f, 0.5f])).Select(cell => cell.Groups[2].Value).Distinct());

    [Fact]
    public void APicturesPixelsAndColorsAreInTheirPlacesBesideItsText()
    {
        var page = Page([1, 0, 0, 1]);

        Assert.Equal(["1", "2"], Number().Matches(page).Select(match => match.Groups[1].Value));
        var shown = Picture().Matches(page).Select(match => (Text: match.Groups[1].Value, Image: match.Groups[2].Value)).ToArray();
        Assert.Equal(["a wall", "a cat"], shown.Select(picture => picture.Text));
        for (var i = 0; i < 2; i++)
        {
            using var bitmap = SKBitmap.Decode(Convert.FromBase64String(shown[i].Image));
            Assert.Equal((2, 2), (bitmap.Width, bitmap.Height));
            for (var p = 0; p < 4; p++)
            {
                var at = (i * 12) + (p * 3);
                Assert.Equal(new SKColor(Value(at), Value(at + 1), Value(at + 2)), bitmap.GetPixel(p % 2, p / 2));
            }
        }
    }

    [Fact]
    public void ThePageHasTheRunsTitleAndFacts()
    {
        var page = Page([1, 0, 0, 1]);

        Assert.Contains("<title>a &lt;run&gt;</title>", page, StringComparison.Ordinal);
        Assert.Contains("<h1>a &lt;run&gt;</h1>", page, StringComparison.Ordinal);
        Assert.Contains("<tr><td>version</td><td>1 &amp; 2</td></tr><tr><td>steps</td><td>9</td></tr>", page, StringComparison.Ordinal);
    }

    private static byte Value(int at) => (byte)(10 * at);

    private string Page(float[] cosines)
    {
        var sample = new PairSample(2, [.. Enumerable.Range(0, 24).Select(Value)], ["a wall", "a cat"], cosines);
        using (var log = new MetricsLog(new ManualTime())) Runs.Tell(log, _folder.Path, from: 1, to: 4);
        new TrainingPage().End(new RunEnd(_folder.Path, "a <run>", [("version", "1 & 2"), ("steps", "9")], sample));
        return File.ReadAllText(_folder["training.html"]);
    }

    [GeneratedRegex("<td( class=\"own\")? style=\"background:rgba\\(31,119,180,([0-9.]+)\\)\">")]
    private static partial Regex Cell();

    [GeneratedRegex("<td class=\"number\">(.*?)</td>")]
    private static partial Regex Number();

    [GeneratedRegex("<img alt=\"(.*?)\" src=\"data:image/png;base64,(.*?)\">")]
    private static partial Regex Picture();
}
