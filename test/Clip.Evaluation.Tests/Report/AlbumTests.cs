using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Clip.Evaluation.Report;
using SkiaSharp;

namespace Clip.Evaluation.Tests.Report;

/// <summary>A thumbnail is of the picture whose name stands in its place: in sets, in retrievals, and where a section puts one.</summary>
public sealed class AlbumTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AThumbnailIsOfThePictureInItsPlace()
    {
        // Eleven take two sheets of nine.
        var set = Set("first", 11, red: 0);
        float[][] features = [.. Enumerable.Range(0, 3).Select(i => new[] { MathF.Cos(i), MathF.Sin(i) })];
        var retrieval = new ReportedRetrieval(
            "captions", "", 0, Pictures(3, red: 30), ["a", "b", "c"], [2, 0, 1], features, [features[2], features[0], features[1]], []);
        ReportPage.Write(_folder["report.html"], new ReportData("", "", ["model"], [set, Set("second", 2, red: 200)], [retrieval], [])
        {
            Pictures = Pictures(2, red: 100),
        });
        var page = File.ReadAllText(_folder["report.html"]);

        var results = JsonDocument.Parse(Match(page, "<script type=\"application/json\" id=\"results-json\">(.*?)</script>")).RootElement;
        var albums = results.GetProperty("sets").EnumerateArray().Concat(results.GetProperty("retrievals").EnumerateArray()).ToArray();
        Assert.Equal([0, 1, 2], albums.Select(album => album.GetProperty("album").GetInt32()));
        Assert.Equal([11, 2, 3], albums.Select(album => album.GetProperty("names").GetArrayLength()));
        for (var a = 0; a < albums.Length; a++)
        {
            var names = albums[a].GetProperty("names").EnumerateArray().Select(name => name.GetString()!).ToArray();
            for (var place = 0; place < names.Length; place++)
                Assert.InRange(Red(page, a, place) - int.Parse(names[place], CultureInfo.InvariantCulture), -5, 5);
        }

        // The pictures of sections are the last album, in their own order.
        Assert.Equal(3, results.GetProperty("placed").GetProperty("album").GetInt32());
        Assert.InRange(Red(page, 3, 0), 95, 105);
        Assert.InRange(Red(page, 3, 1), 110, 120);
    }

    /// <summary>Pictures whose red goes up in steps of fifteen, and is their name.</summary>
    private static ReportedPicture[] Pictures(int count, byte red) =>
    [
        .. Enumerable.Range(0, count).Select(i => (byte)(red + (15 * i)))
            .Select(own => new ReportedPicture(own.ToString(CultureInfo.InvariantCulture), () => Painted.Png(own, 120, 120))),
    ];

    private static ReportedSet Set(string name, int count, byte red) => new(
        name, "", ["a", "b"], ["a", "b"], Pictures(count, red), null,
        [new ReportedRun(0, [.. Enumerable.Repeat(PictureOutcome.Of([1, 0], [1, 0], null), count)], [])]);

    private static int Red(string page, int album, int place)
    {
        var file = Match(page, $"<script type=\"text/plain\" id=\"sheet-{album}-{place / 9}\">([^<]*)</script>");
        using var sheet = SKBitmap.Decode(Convert.FromBase64String(file));
        return sheet.GetPixel((place % 9 % 3 * 224) + 112, (place % 9 / 3 * 224) + 112).Red;
    }

    private static string Match(string text, string pattern) => Regex.Match(text, pattern, RegexOptions.Singleline).Groups[1].Value;
}
