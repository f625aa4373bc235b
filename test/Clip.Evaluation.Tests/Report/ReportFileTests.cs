using System.Text.Json;
using System.Text.RegularExpressions;
using Clip.Evaluation.Metrics;
using Clip.Evaluation.Outcomes;
using Clip.Evaluation.Report;
using Clip.Evaluation.Results;

namespace Clip.Evaluation.Tests.Report;

/// <summary>What stands in a report's file: the numbers that its script reads, and the tables for those without one.</summary>
public sealed class ReportFileTests : IDisposable
{
    private static readonly string[] Labels = ["cat", "dog", "cow"];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Pictures are shown in another order than they were measured; whatever is told of one stands in its place.</summary>
    [Fact]
    public void WhatIsToldOfAPictureStandsInItsPlace()
    {
        var set = Results(Report()).GetProperty("sets")[0];

        Assert.Equal(("animals", 0, 4), (Text(set, "name"), Int(set, "album"), Int(set, "all")));
        Assert.Equal(Labels, Texts(set, "labels"));
        Assert.Equal(["a cat", "a dog", "a cow"], Texts(set, "prompts"));
        var names = Texts(set, "names");
        Assert.Equal(["cat/0.png", "cat/3.png", "cow/2.png", "dog/1.png"], names.Order(StringComparer.Ordinal));
        var run = set.GetProperty("runs")[0];
        Assert.Equal((0, 3), (Int(run, "model"), Int(run, "kept")));
        Assert.Equal(names.Select(name => name[..3]), Rows(set, "right").Select(right => Labels[(int)right[0]]));
        Assert.Equal(names.Select(name => name[4] is '0' or '2' ? 1 : 2), Ints(run, "ranks"));
        var best = Ints(run, "best").Chunk(3).ToArray();
        var scores = Ints(run, "scores").Chunk(3).ToArray();
        Assert.Equal([0, 1, 2], best[Array.IndexOf(names, "cat/0.png")]);
        Assert.Equal([9000, 1000, 0], scores[Array.IndexOf(names, "cat/0.png")]);
        Assert.Equal([2, 1, 0], best[Array.IndexOf(names, "dog/1.png")]);
        Assert.Equal([5000, 3000, 2000], scores[Array.IndexOf(names, "dog/1.png")]);
        Assert.Equal(3000, Ints(run, "rightScores")[Array.IndexOf(names, "dog/1.png")]);
    }

    [Fact]
    public void ClassesConfusionsAndReliabilityAreTheOutcomes()
    {
        var set = Results(Report()).GetProperty("sets")[0];
        var run = set.GetProperty("runs")[0];

        // Pictures, how many of them were found, how often it was chosen, and what it was mostly taken for.
        Assert.Equal([[2, 1, 1, 1], [1, 0, 1, 2], [1, 1, 2, -1]], Rows(run, "classes"));
        Assert.Equal([5000, 0, -1], Ints(run, "probe"));
        var pair = run.GetProperty("confusions")[0];
        Assert.Equal((2, 0, 1), (run.GetProperty("confusions").GetArrayLength(), Int(pair, "right"), Int(pair, "taken")));
        Assert.Equal(1, pair.GetProperty("count").GetDouble());
        Assert.Equal([Array.IndexOf(Texts(set, "names"), "cat/3.png")], Ints(pair, "pictures"));
        Assert.Equal(0.25, run.GetProperty("calibrationError").GetDouble(), 5);
        var bins = Rows(run, "bins");
        Assert.Equal(15, bins.Length);
        Assert.Equal([2, 0.7, 0.5], bins[10]);
        Assert.Equal([0, 0, 0], bins[14]);
    }

    [Fact]
    public void MetricsHaveBoundsWhereTheyWereDrawn()
    {
        var metrics = Results(Report()).GetProperty("sets")[0].GetProperty("runs")[0].GetProperty("metrics");

        Assert.Equal("""{"id":"acc1","name":"top-1","value":0.5,"low":0.12346,"high":0.75}""", metrics[0].GetRawText());
        Assert.Equal("""{"id":"ece","name":"calibration error","value":0.1}""", metrics[1].GetRawText());
    }

    /// <summary>The wider axis takes the whole width, and the other is to the same scale: distances keep their proportions.</summary>
    [Fact]
    public void TheMapHasOneScale()
    {
        var set = Results(Report()).GetProperty("sets")[0];
        var run = set.GetProperty("runs")[0];

        var points = Ints(run, "map").Chunk(2).ToArray();
        Assert.Equal(4, points.Length);
        Assert.Equal((0, 0), (points.Min(p => p[0]), points.Min(p => p[1])));
        Assert.InRange(points.Max(p => Math.Max(p[0], p[1])), 9_990, 10_000);
        Assert.Equal(0.05, Distance("cat/0.png", "cow/2.png") / Distance("cat/0.png", "dog/1.png"), 0.002);
        Assert.Equal(1, run.GetProperty("variance").GetDouble(), 3);

        double Distance(string one, string other)
        {
            var (a, b) = (points[Array.IndexOf(Texts(set, "names"), one)], points[Array.IndexOf(Texts(set, "names"), other)]);
            return Math.Sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]));
        }
    }

    [Fact]
    public void ExamplesOfRetrievalTellWhatIsFoundAndWhatIsOwn()
    {
        var retrieval = Results(Report()).GetProperty("retrievals")[0];

        Assert.Equal(("captions", 1, 1), (Text(retrieval, "name"), Int(retrieval, "model"), Int(retrieval, "album")));
        Assert.Equal((2, 3), (Int(retrieval, "pictures"), Int(retrieval, "texts")));
        var names = Texts(retrieval, "names");
        var byText = retrieval.GetProperty("byText").EnumerateArray().ToDictionary(query => Text(query, "text"));
        Assert.Equal(3, byText.Count);
        Assert.Equal(("y.png", 2), (names[Int(byText["lost"], "own")], Int(byText["lost"], "rank")));
        Assert.Equal(["x.png", "y.png"], Ints(byText["lost"], "best").Select(place => names[place]));
        Assert.Equal([10_000, 0], Ints(byText["lost"], "scores"));
        Assert.Equal(1, Int(byText["of x"], "rank"));
        var byPicture = retrieval.GetProperty("byPicture").EnumerateArray().ToDictionary(query => names[Int(query, "picture")]);
        Assert.Equal(["of y", "lost"], Texts(byPicture["y.png"], "own"));
        Assert.Equal(["of y", "of x", "lost"], Texts(byPicture["y.png"], "best"));
        Assert.Equal([1, 0, 1], Ints(byPicture["y.png"], "isOwn"));
        Assert.Equal([10_000, 6000, 0], Ints(byPicture["y.png"], "scores"));
        Assert.Equal((1, 2), (Int(byPicture["y.png"], "rank"), Int(byPicture["x.png"], "rank")));
        Assert.Equal("text → picture R@1", Text(retrieval.GetProperty("metrics")[0], "name"));
    }

    [Fact]
    public void TheBestOfSeveralModelsStandsOut_OfErrorsTheLeast()
    {
        var page = Page(Report());

        var numbers = Regex.Match(page, "<section class=\"panel\" id=\"numbers\">.*?</section>", RegexOptions.Singleline).Value;
        Assert.Contains(
            "<th scope=\"row\">first &amp; only</th><td>50.0 %<small>12.3 to 75.0</small></td><td><strong>10.0 %</strong></td>", numbers);
        Assert.Contains("<th scope=\"row\">second</th><td><strong>75.0 %</strong></td><td>20.0 %</td>", numbers);
        Assert.Contains(
            "<tr class=\"published\"><th scope=\"row\">ViT-B-32 openai<small>a table</small></th><td>60.0 %</td>"
            + "<td><span class=\"muted\">–</span></td>", numbers);
        Assert.Contains("<th scope=\"col\">top-1</th><th scope=\"col\">calibration error</th>", numbers);
        Assert.Contains("<dt>command</dt><dd>clip &lt;evaluate&gt;</dd>", page);
        // Of one model nothing stands out.
        Assert.Contains("<th scope=\"row\">second</th><td>33.3 %</td>", numbers);
    }

    [Fact]
    public void ThereIsASectionForWhatThereIsToTell()
    {
        Assert.Equal(
            ["own", "pictures", "classes", "confusions", "calibration", "retrieval", "map", "numbers", "run"], Sections(Report()));

        var set = Report().Sets[0];
        var bare = set with { Right = null, Runs = [new ReportedRun(0, set.Runs[0].Outcomes, [])] };
        var data = new ReportData("Bare", "clip classify", ["first"], [bare], [], []);
        Assert.Equal(["pictures", "run"], Sections(data));
        Assert.Equal(["run"], Sections(data with { Sets = [] }));
        var run = Results(data).GetProperty("sets")[0].GetProperty("runs")[0];
        Assert.Equal(["model", "metrics", "kept", "best", "scores"], run.EnumerateObject().Select(property => property.Name));
        Assert.Contains("<title>Bare</title>", Page(data));
        Assert.Contains("<p class=\"kind\">clip classify</p><h1>Bare</h1>", Page(data));

        string[] Sections(ReportData told) =>
            [.. Regex.Matches(Page(told), "<section class=\"panel\" id=\"([^\"]*)\">").Select(match => match.Groups[1].Value)];
    }

    [Fact]
    public void AlbumsComeInOrder_WithTheirSheets()
    {
        var page = Page(Report());

        var albums = Read(page, "albums-json").GetProperty("albums").EnumerateArray().ToArray();
        Assert.Equal(3, albums.Length);
        Assert.All(albums, album => Assert.Equal((224, 3, 9), (Int(album, "edge"), Int(album, "columns"), Int(album, "perSheet"))));
        Assert.Equal(
            ["sheet-0-0", "sheet-1-0", "sheet-2-0"],
            Regex.Matches(page, "<script type=\"text/plain\" id=\"([^\"]*)\">UklGR").Select(match => match.Groups[1].Value));
        var placed = Results(Report()).GetProperty("placed");
        Assert.Equal((2, 1), (Int(placed, "album"), Int(placed, "pictures")));
        Assert.Contains("data-picture=\"0\" data-name=\"a &quot;name&quot;\"", page);
    }

    private static ReportData Report()
    {
        float[][] scores = [[0.9f, 0.1f, 0], [0.2f, 0.3f, 0.5f], [0.1f, 0.2f, 0.7f], [0.2f, 0.7f, 0.1f]];
        float[][] features = [[0, 0, 0], [20, 0, 0], [0, 1, 0], [20, 1, 0]];
        var set = new LabeledSet(
            "animals",
            [.. new[] { 0, 1, 2, 0 }.Select((right, i) => Painted.Labeled($"/sets/{Labels[right]}/{i}.png", Labels[right]))], Labels, null);
        var outcome = ClassificationOutcome.Of(set, scores, features) with { Prompts = [["a cat", "the cat"], ["a dog"], ["a cow"]] };
        var reported = ReportedOutcomes.Set(
        [
            (0, outcome, [new("acc1", 0.5, 0.1234567, 0.75), new("ece", 0.1)]), (1, outcome, [new("acc1", 0.75), new("ece", 0.2)]),
        ]);
        var runs = reported.Runs.Select(run => run with { ProbeRecalls = [0.5, 0, double.NaN] });
        CaptionedPicture[] images = [Captioned("x.png", "of x"), Captioned("y.png", "of y", "lost")];
        var found = new RetrievalOutcome(
            new RetrievalSet("captions", images), images, [[1, 0], [0, 1]],
            ["of x", "of y", "lost"], [[0.8f, 0.6f], [0, 1], [1, 0]], [0, 1, 1]);
        return new ReportData(
            "Two models", "clip evaluate", ["first & only", "second"], [reported with { Runs = [.. runs] }],
            [ReportedOutcomes.Retrieval(1, found, [new("image_retrieval_recall@1", 1 / 3.0)])],
            [new("What was run", [("command", "clip <evaluate>")])])
        {
            Published = [new PublishedResult("animals", "acc1", "ViT-B-32", "openai", 0.6, "a table")],
            Sections = [new HtmlSection("own", "Own", HtmlPage.Picture(0, "a \"name\""))],
            Pictures = [new ReportedPicture("placed.png", () => Painted.Png(255, 0, 0))],
        };
    }

    private static CaptionedPicture Captioned(string name, params string[] captions) =>
        new() { ImagePath = name, Content = () => Painted.Png(0, 0, 255), Captions = captions };

    private JsonElement Results(ReportData data) => Read(Page(data), "results-json");

    private string Page(ReportData data)
    {
        ReportPage.Write(_folder["report.html"], data);
        return File.ReadAllText(_folder["report.html"]);
    }

    private static JsonElement Read(string page, string id)
    {
        var script = Regex.Match(page, $"<script type=\"application/json\" id=\"{id}\">(.*?)</script>", RegexOptions.Singleline);
        return JsonDocument.Parse(script.Groups[1].Value).RootElement;
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    private static int Int(JsonElement json, string name) => json.GetProperty(name).GetInt32();

    private static string[] Texts(JsonElement json, string name) =>
        [.. json.GetProperty(name).EnumerateArray().Select(text => text.GetString()!)];

    private static int[] Ints(JsonElement json, string name) =>
        [.. json.GetProperty(name).EnumerateArray().Select(number => number.GetInt32())];

    private static double[][] Rows(JsonElement json, string name) =>
        [.. json.GetProperty(name).EnumerateArray().Select(row => row.EnumerateArray().Select(n => n.GetDouble()).ToArray())];
}
