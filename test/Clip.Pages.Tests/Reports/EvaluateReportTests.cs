using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Clip.Pages.Tests.Reports;

/// <summary><c>clip evaluate --report</c>, from the command to what is seen.</summary>
public sealed class EvaluateReportTests(Chromium chromium) : IClassFixture<Chromium>
{
    [SkippableFact]
    public async Task Shows_what_was_measured()
    {
        using var folder = new TempFolder();
        await DrawnModel.MakeAsync(folder);
        DrawnModel.Draw(folder, 24);
        folder.Write("templates.txt", "a drawing of a {}, on paper.\n");
        var rows = Painted.Labels.Select((label, i) => $"pictures/{label}/{i:D5}.png\ta {label}\n");
        folder.Write("captions.tsv", $"filepath\ttitle\n{string.Concat(rows)}");

        var run = (await ClipProcess.RunInAsync(
            folder.Path, "evaluate", "--model", "tiny-clip", "--data", "shapes=pictures", "--templates", "templates.txt",
            "--retrieval-data", "captioned=captions.tsv", "--embedding-cache", "cache", "--report", "report.html")).Succeeded();

        Assert.Contains("Report: report.html", run.Error);
        await using var tab = await chromium.OpenAsync();
        await tab.OpenFileAsync(folder["report.html"]);
        Assert.Equal("How good is the model?", await tab.Page.Locator("h1").InnerTextAsync());
        var shown = await tab.Page.Locator(".result .big b").First.InnerTextAsync();
        Assert.Contains($"top-1 {shown.Replace('\u00a0', ' ')}", run.Output.Replace('\u00a0', ' '));
        Assert.Contains("a drawing of a", await tab.Page.Locator(".card").First.InnerTextAsync());
        Assert.Equal(
            ["Pictures", "Classes", "Confusions", "Calibration", "Map", "Numbers", "What was run"],
            await tab.Page.GetByRole(AriaRole.Tab).AllInnerTextsAsync());
        await tab.Page.Locator("#tab-run").ClickAsync();
        var facts = await tab.Page.Locator("#run").InnerTextAsync();
        Assert.Contains("clip evaluate --model tiny-clip --data shapes=pictures", facts);
        Assert.Contains("24 pictures, 6 labels, fingerprint", facts);
        await tab.Page.GetByRole(AriaRole.Button, new() { Name = "captioned" }).ClickAsync();
        await tab.Page.Locator("#tab-retrieval").ClickAsync();
        Assert.Equal(12, await tab.Page.Locator(".find > li").CountAsync());
        Assert.Empty(tab.Errors);
    }

    [Fact]
    public async Task Tells_the_numbers_of_json()
    {
        using var folder = new TempFolder();
        await DrawnModel.MakeAsync(folder);
        DrawnModel.Draw(folder, 24);
        var rows = Painted.Labels.Select((label, i) => $"pictures/{label}/{i:D5}.png\ta {label}\n");
        folder.Write("captions.tsv", $"filepath\ttitle\n{string.Concat(rows)}");

        var run = (await ClipProcess.RunInAsync(
            folder.Path, "evaluate", "--model", "tiny-clip", "--data", "shapes=pictures", "--retrieval-data", "captioned=captions.tsv",
            "--json", "--report", "report.html")).Succeeded();

        var page = File.ReadAllText(folder["report.html"]);
        var shown = JsonDocument.Parse(Regex.Match(page, "id=\"results-json\">(.*?)</script>", RegexOptions.Singleline).Groups[1].Value);
        var told = JsonDocument.Parse(run.Output).RootElement.GetProperty("results").EnumerateArray().ToArray();
        var (set, retrieval) = (told[0], told[1]);
        var run0 = shown.RootElement.GetProperty("sets")[0].GetProperty("runs")[0];
        foreach (var (theirs, ours) in new[] { (set, run0), (retrieval, shown.RootElement.GetProperty("retrievals")[0]) })
        {
            Assert.Contains($"fingerprint {theirs.GetProperty("data").GetString()}<", page);
            foreach (var metric in ours.GetProperty("metrics").EnumerateArray())
            {
                Assert.Equal(
                    theirs.GetProperty("metrics").GetProperty(metric.GetProperty("id").GetString()!).GetDouble(),
                    metric.GetProperty("value").GetDouble(), 1e-5);
            }
        }

        Assert.Equal(
            set.GetProperty("metrics").GetProperty("ece").GetDouble(), run0.GetProperty("calibrationError").GetDouble(), 1e-5);
        Assert.Equal(
            set.GetProperty("reliability").EnumerateArray().Select(bin => (
                bin.GetProperty("images").GetInt32(), Math.Round(bin.GetProperty("confidence").GetDouble(), 4),
                Math.Round(bin.GetProperty("accuracy").GetDouble(), 4))),
            run0.GetProperty("bins").EnumerateArray().Where(bin => bin[0].GetInt32() > 0)
                .Select(bin => (bin[0].GetInt32(), bin[1].GetDouble(), bin[2].GetDouble())));
    }
}
