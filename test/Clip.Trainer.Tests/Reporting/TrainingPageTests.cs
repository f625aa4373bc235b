using System.Text.RegularExpressions;
using System.Xml.Linq;
using Clip.Trainer.Reporting;
using Clip.Trainer.Training;
using Clip.Trainer.Validation;

namespace Clip.Trainer.Tests.Reporting;

public sealed partial class TrainingPageTests : IDisposable
{
    private static readonly PairSample Sample = new(
        2,
        [.. Enumerable.Range(0, 2 * 2 * 2 * 3).Select(i => (byte)(10 * i))],
        ["a <red> & blue wall", "a cat"],
        [0.9f, -0.1f, 0.2f, 0.75f]);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void CurvesThatBelongTogetherShareAChart()
    {
        var charts = Svg().Matches(Page(Sample)).Select(m => XDocument.Parse(m.Value)).ToList();

        Assert.Equal(
            ["loss", "lr", "logit_scale", "samples_per_second", "data_wait", "image_to_text", "text_to_image", "pets-zeroshot-val"],
            charts.Select(c => c.Descendants().First(e => e.Attribute("font-size")?.Value == "14").Value));
    }

    [Fact]
    public void IdentifiersAreUniqueAndReferToThemselves()
    {
        var page = Page(Sample);
        var ids = Id().Matches(page).Select(m => m.Groups[1].Value).ToList();

        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.All(Reference().Matches(page).Select(m => m.Groups[1].Value), id => Assert.Contains(id, ids));
    }

    [Fact]
    public void ThePageAsksNothingOfANetwork()
    {
        Assert.All(
            Link().Matches(Page(Sample)).Select(m => m.Groups[1].Value),
            target => Assert.StartsWith("data:image/png;base64,", target, StringComparison.Ordinal));
    }

    [Fact]
    public void PairsAreShownWithTheirCosines()
    {
        var page = Page(Sample);

        Assert.Contains("<li>a &lt;red&gt; &amp; blue wall</li><li>a cat</li>", page, StringComparison.Ordinal);
        Assert.Equal(["0.90", "-0.10", "0.20", "0.75"], Cosine().Matches(page).Select(m => m.Groups[1].Value));
        Assert.Equal(2, Link().Count(page));
    }

    /// <summary>The page is passed on; what is on the machine is not.</summary>
    [Theory]
    [InlineData("/home/joe/data/pairs.tsv", "pairs.tsv")]
    [InlineData("/data/{000..127}.tar::../b.tsv::c/d.tsv", "{000..127}.tar::b.tsv::c/d.tsv")]
    [InlineData("pets=/home/joe/pets/", "pets=pets")]
    [InlineData("C:\\Users\\joe\\pairs.tsv", "pairs.tsv")]
    [InlineData("~/x=y/pairs.tsv", "pairs.tsv")]
    [InlineData("--train-data", "--train-data")]
    [InlineData("1e-3", "1e-3")]
    [InlineData("/", "/")]
    public void PathsOfTheMachineAreCutToNames(string word, string expected) => Assert.Equal(expected, PageWords.WithoutFolders(word));

    [Fact]
    public void WithoutPairsItSaysWhy()
    {
        Assert.Contains("There were no validation data", Page(null), StringComparison.Ordinal);
        Assert.Contains("compares &amp; no pictures", Page(null, "It compares & no pictures."), StringComparison.Ordinal);
    }

    private string Page(PairSample? sample, string? without = null)
    {
        using (var log = new MetricsLog(new ManualTime())) Runs.Tell(log, _folder.Path, from: 1, to: 10);
        var end = new RunEnd(_folder.Path, "a run", [("version", "1")], sample);
        new TrainingPage().End(without is null ? end : end with { WithoutSample = without });
        return File.ReadAllText(_folder["training.html"]);
    }

    [GeneratedRegex("<svg.*?</svg>", RegexOptions.Singleline)]
    private static partial Regex Svg();

    [GeneratedRegex(" id=\"([^\"]+)\"")]
    private static partial Regex Id();

    [GeneratedRegex(@"url\(#([^)]+)\)")]
    private static partial Regex Reference();

    [GeneratedRegex("(?:src|href)=\"([^\"]+)\"")]
    private static partial Regex Link();

    [GeneratedRegex(@">(-?\d\.\d\d)</td>")]
    private static partial Regex Cosine();
}
