using System.Text;
using System.Text.RegularExpressions;
using Clip.Evaluation.Report;

namespace Clip.Pages.Tests.Reports;

/// <summary>What a report's file is, without a browser.</summary>
public sealed class ReportSizeTests
{
    [Fact]
    public void Ten_thousand_pictures_stay_below_15_MB()
    {
        using var folder = new TempFolder();

        ReportPage.Write(folder["report.html"], Painted.Report(10_000, edge: 64));

        Assert.InRange(new FileInfo(folder["report.html"]).Length, 2_000_000, 15_000_000);
        Assert.Equal(["report.html"], folder.Entries);
    }

    [Fact]
    public void Sheets_keep_to_their_budget_by_smaller_pictures()
    {
        var pictures = Painted.Set("shapes", 300, 1, 64).Pictures;

        var rich = Assert.Single(Sheets.Of([pictures], 10_000_000));
        var poor = Assert.Single(Sheets.Of([pictures], 150_000));

        Assert.Equal(224, rich.Edge);
        Assert.InRange(poor.Edge, 16, 96);
        Assert.InRange(poor.Files.Sum(file => file.Length), 1, 150_000);
        Assert.Equal(300, Enumerable.Range(0, poor.Files.Count).Sum(i => Math.Min(poor.PerSheet, 300 - i * poor.PerSheet)));
    }

    [Fact]
    public void Of_more_pictures_than_are_shown_each_set_has_its_share()
    {
        Assert.Equal([10, 4995, 4995], ReportPage.Shares([10, 50_000, 8000]));
        Assert.Equal([300, 200], ReportPage.Shares([300, 200]));
        Assert.Equal(ReportPage.Draw(1000, 10), ReportPage.Draw(1000, 10));
        Assert.Equal(10, ReportPage.Draw(1000, 10).Distinct().Count());
    }

    [Fact]
    public void Names_cannot_end_the_script_that_holds_them()
    {
        using var folder = new TempFolder();
        const string evil = "</script><script>alert(1)</script><!--";
        var report = Painted.Report(6);
        var set = report.Sets[0] with { Name = evil, Pictures = [.. report.Sets[0].Pictures.Select(p => p with { Name = evil })] };

        ReportPage.Write(folder["report.html"], report with { Title = evil, Models = [evil], Sets = [set] });

        Assert.DoesNotContain("<script>alert", File.ReadAllText(folder["report.html"]));
    }

    [Fact]
    public void The_policy_allows_the_page_s_own_script_and_style_alone()
    {
        using var stream = new MemoryStream();
        new HtmlPage("Title", "kind", [new("one", "One", "<p>text</p>")]).Write(stream);
        var page = Encoding.UTF8.GetString(stream.ToArray());

        var policy = Regex.Match(page, "Content-Security-Policy\" content=\"([^\"]*)\"").Groups[1].Value;
        Assert.StartsWith("default-src 'none'; img-src data: blob:; style-src 'sha256-", policy);
        Assert.DoesNotContain("unsafe", policy);
        // Nothing is written into attributes that the policy would refuse.
        Assert.DoesNotMatch("<[^>]* style=", page[..page.IndexOf("<script>", StringComparison.Ordinal)]);
    }
}
