using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Clip.Evaluation.Report;
using Clip.Evaluation.Results;

namespace Clip.Evaluation.Tests.Report;

/// <summary>A report's page says what it was given, letter by letter, and runs nothing but its own script.</summary>
public sealed class PageTests
{
    private const string Evil = "<b title='x'>\"&";

    /// <summary>Whoever names a model, a set, a class or a file writes text, and no tags.</summary>
    [Fact]
    public void TextsAreNeverTags()
    {
        var run = new ReportedRun(0, [], [new(Evil, 0.5)]);
        var set = new ReportedSet(Evil, "", [], [], [], null, [run]);
        var data = new ReportData(Evil, Evil, [Evil], [set], [], [new(Evil, [(Evil, Evil)])])
        {
            Published = [new PublishedResult(Evil, Evil, Evil, "", 0.5, Evil)],
        };

        var facts = ReportTables.Facts(data.Facts) + HtmlPage.Picture(3, Evil);

        var page = Page(new HtmlPage(Evil, Evil, [new("one", Evil, ReportTables.Numbers(data)), new("two", "Two", facts)]));

        Assert.DoesNotContain("<b ", page, StringComparison.Ordinal);
        // Title and heading, kind, section, set, its table, a column, a model, a published one and its source, facts, and a picture.
        Assert.Equal(14, Regex.Count(page, Regex.Escape(WebUtility.HtmlEncode(Evil))));
        Assert.Contains($"data-picture=\"3\" data-name=\"{WebUtility.HtmlEncode(Evil)}\"", page, StringComparison.Ordinal);
    }

    /// <summary>A browser runs the script, and takes the style, only where the policy has their hashes.</summary>
    [Fact]
    public void ThePolicyNamesTheStyleAndTheScriptThatAreThere()
    {
        var page = Page(new HtmlPage("Title", "kind", []));

        var policy = WebUtility.HtmlDecode(Regex.Match(page, "Content-Security-Policy\" content=\"([^\"]*)\"").Groups[1].Value);
        Assert.Equal(
            $"default-src 'none'; img-src data: blob:; style-src '{Hash("style")}'; script-src '{Hash("script")}'; "
            + "base-uri 'none'; form-action 'none'", policy);

        string Hash(string tag)
        {
            var text = Regex.Match(page, $"<{tag}>(.*?)</{tag}>", RegexOptions.Singleline).Groups[1].Value;
            return $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";
        }
    }

    /// <summary>Every file of the page's script and style is in it, in an order in which each knows those before it.</summary>
    [Fact]
    public void NoFileOfThePageIsLeftOut()
    {
        var page = Page(new HtmlPage("Title", "kind", []));

        var assembly = typeof(HtmlPage).Assembly;
        var files = assembly.GetManifestResourceNames().Where(name => name.StartsWith("report/", StringComparison.Ordinal)).ToArray();
        Assert.Equal(15, files.Length);
        var places = files.ToDictionary(name => name, name =>
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            return page.IndexOf(reader.ReadToEnd().ReplaceLineEndings("\n"), StringComparison.Ordinal);
        });
        Assert.All(places.Values, place => Assert.True(place > 0));
        Assert.Equal("report/page.js", places.Where(p => p.Key.EndsWith(".js", StringComparison.Ordinal)).MinBy(p => p.Value).Key);
        Assert.Equal("report/start.js", places.MaxBy(p => p.Value).Key);
    }

    [Fact]
    public void DataAndFilesAreKeptToTheByte()
    {
        byte[] file = [.. Enumerable.Range(0, 1000).Select(i => (byte)(i * 7))];
        var html = new HtmlPage("Title", "kind", [new("one", "One", "<p>first</p>"), new("two", "Two", "<p>second</p>")])
        {
            Data = [("told-json", Encoding.UTF8.GetBytes("""{"a":1}"""))],
            Files = [("file-0", file[..^1]), ("file-1", file)],
        };

        var page = Page(html);

        Assert.Contains("""<script type="application/json" id="told-json">{"a":1}</script>""", page, StringComparison.Ordinal);
        Assert.Equal(
            [("file-0", file[..^1]), ("file-1", file)],
            Regex.Matches(page, "<script type=\"text/plain\" id=\"([^\"]*)\">([^<]*)</script>")
                .Select(match => (match.Groups[1].Value, Convert.FromBase64String(match.Groups[2].Value))));
        Assert.Matches(
            "(?s)id=\"one\"><h2>One</h2><p>first</p></section>.*id=\"two\"><h2>Two</h2><p>second</p></section>", page);
    }

    [Theory]
    [InlineData("acc1", "top-1")]
    [InlineData("acc5", "top-5")]
    [InlineData("mean_per_class_recall", "mean per-class recall")]
    [InlineData("mean_average_precision", "mean average precision")]
    [InlineData("ece", "calibration error")]
    [InlineData("lp_acc1", "linear probe top-1")]
    [InlineData("lp_acc5", "linear probe top-5")]
    [InlineData("lp_mean_per_class_recall", "linear probe mean per-class recall")]
    [InlineData("text_retrieval_recall@5", "picture → text R@5")]
    [InlineData("image_retrieval_recall@10", "text → picture R@10")]
    [InlineData("group_acc1", "group acc1")]
    public void MetricsHaveNamesForPeople(string metric, string name) => Assert.Equal(name, ReportTables.NameOf(metric));

    /// <summary>Each set has a table; of several models the best stands out, of errors the least, and of published numbers none.</summary>
    [Fact]
    public void EachSetHasATableOfItsOwnNumbers()
    {
        ReportedSet[] sets =
        [
            Set("first", (1, [new("acc1", 0.4), new("lp_ece", 0.3)]), (0, [new("lp_ece", 0.1), new("acc1", 0.4), new("acc5", 0.98765)])),
            Set("second", (0, [new("acc1", 0.7)])),
            Set("without", (0, [])),
        ];
        var data = new ReportData("", "", ["zero", "one"], sets, [], [])
        {
            Published =
            [
                new("second", "acc1", "Big", "openai", 0.8, "a paper"), new("second", "acc5", "Big", "openai", 0.9, "a paper"),
                new("second", "acc1", "Big", "openai", 0.7, "another"), new("third", "acc1", "Big", "openai", 0.6, "a paper"),
            ],
        };

        var tables = ReportTables.Numbers(data).Split("<h3>")[1..];

        Assert.Equal(["first", "second"], tables.Select(table => table.Split('<')[0]));
        Assert.Equal(
            [
                "one | <strong>40.0 %</strong> | 30.0 % | <span class=\"muted\">–</span>",
                "zero | <strong>40.0 %</strong> | <strong>10.0 %</strong> | <strong>98.8 %</strong>",
            ],
            Rows(tables[0]));
        Assert.Equal(
            ["zero | 70.0 %", "Big openai<small>a paper</small> | 80.0 %", "Big openai<small>another</small> | 70.0 %"], Rows(tables[1]));

        static ReportedSet Set(string name, params (int Model, ReportedMetric[] Metrics)[] runs) =>
            new(name, "", [], [], [], null, [.. runs.Select(run => new ReportedRun(run.Model, [], run.Metrics))]);

        static IEnumerable<string> Rows(string table) => Regex.Matches(table, "<tr[^>]*><th scope=\"row\">(.*?)</th>(.*?)</tr>")
            .Select(row => $"{row.Groups[1].Value} | {row.Groups[2].Value[4..^5].Replace("</td><td>", " | ", StringComparison.Ordinal)}");
    }

    private static string Page(HtmlPage html)
    {
        using var stream = new MemoryStream();
        html.Write(stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
