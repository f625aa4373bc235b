using System.Text.Json.Nodes;
using Clip.Cli.Searching;
using Microsoft.ML.Clip;

namespace Clip.Cli.Tests.Searching;

/// <summary>What was found, for people, for programs and for the browser.</summary>
public sealed class SearchReportTests
{
    private static readonly ClipIndexEntry Cat = new("id of cat")
    {
        Path = Path.Combine(Environment.CurrentDirectory, "photos", "a <cat>.png"),
        Size = 17,
        Modified = DateTimeOffset.UnixEpoch,
        Caption = "a cat\nin the sun",
    };

    private static readonly ClipIndexEntry Archived = new("0.tar:7");

    [Fact]
    public void ALineHasTheScoreThePathFromHereAndTheFirstCaption()
    {
        Assert.Equal($" 0.288  {Path.Combine("photos", "a <cat>.png")}  a cat", SearchReport.Line(new(Cat, 0.28751f)));
        Assert.Equal("-0.010  0.tar:7", SearchReport.Line(new(Archived, -0.01f)));
        var above = Path.Combine(Path.GetDirectoryName(Environment.CurrentDirectory)!, "b.png");
        Assert.Equal($" 1.000  {above}", SearchReport.Line(new(new ClipIndexEntry("b") { Path = above }, 1)));
    }

    [Fact]
    public void TheDocumentHasTheQueryAndAllOfEachPicture()
    {
        var query = new SearchQuery(["red car"], ["/q.png"], ["night"], ImageWeight: 2, WithoutWeight: 0.25f);

        var json = JsonNode.Parse(SearchReport.Json(query, [new(Cat, 0.5f), new(Archived, 0.25f)]))!;

        var expected = new JsonObject
        {
            ["words"] = new JsonArray("red car"),
            ["images"] = new JsonArray("/q.png"),
            ["imageWeight"] = 2,
            ["without"] = new JsonArray("night"),
            ["withoutWeight"] = 0.25,
        };
        Assert.Equal(expected.ToJsonString(), json["query"]!.ToJsonString());
        var first = json["results"]![0]!;
        Assert.Equal(["id", "score", "path", "size", "modified", "caption"], first.AsObject().Select(pair => pair.Key));
        Assert.Equal(
            ("id of cat", 0.5, Cat.Path, 17, "1970-01-01T00:00:00+00:00", "a cat\nin the sun"),
            ((string?)first["id"], (double)first["score"]!, (string?)first["path"], (int)first["size"]!, (string?)first["modified"],
                (string?)first["caption"]));
        Assert.Equal(("0.tar:7", null), ((string?)json["results"]![1]!["id"], (string?)json["results"]![1]!["path"]));
    }

    [Fact]
    public void GroupsAreListsOfPictures()
    {
        var json = JsonNode.Parse(SearchReport.Json([[new(Cat, 1), new(Archived, 0.5f)], [new(Archived, 1)]]))!;

        Assert.Equal([2, 1], json["groups"]!.AsArray().Select(group => group!.AsArray().Count));
        Assert.Equal("0.tar:7", (string?)json["groups"]![0]![1]!["id"]);
    }

    [Fact]
    public void ThePageShowsPicturesThatHaveAFileAndTakesNoWordsForMarks()
    {
        var page = ResultPage.Html("red & <blue>", [new(Cat with { Caption = null }, 0.28751f), new(Archived, -0.01f), new(Cat, 1)]);

        Assert.Equal(2, page.Split("<h1>red &amp; &lt;blue&gt;</h1>").Length);
        Assert.Contains("<title>red &amp; &lt;blue&gt;</title>", page, StringComparison.Ordinal);
        var address = System.Net.WebUtility.HtmlEncode(new Uri(Cat.Path!).AbsoluteUri);
        Assert.Contains(
            $"<li><figure><a href=\"{address}\"><img loading=\"lazy\" src=\"{address}\" alt=\"id of cat\"></a>"
            + "<figcaption><b>0.288</b> id of cat<br>id of cat</figcaption></figure></li>\n"
            + "<li><figure><figcaption><b>-0.010</b> 0.tar:7<br>0.tar:7</figcaption></figure></li>\n",
            page, StringComparison.Ordinal);
        Assert.Contains("<b>1.000</b> a cat\nin the sun<br>", page, StringComparison.Ordinal);
    }
}
