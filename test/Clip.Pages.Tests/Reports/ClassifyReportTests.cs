using Clip.Evaluation.Report;

namespace Clip.Pages.Tests.Reports;

/// <summary><c>clip classify --report</c>: the page of pictures whose right labels nobody has told.</summary>
public sealed class ClassifyReportTests(Chromium chromium) : IClassFixture<Chromium>
{
    [SkippableFact]
    public async Task Shows_each_picture_with_its_best_labels_and_judges_none()
    {
        using var folder = new TempFolder();
        var model = await DrawnModel.MakeAsync(folder);
        var pictures = DrawnModel.Draw(folder, 5);

        string[] command = ["classify", "--model", model, "--labels", "red circle", "green square", "blue circle"];
        var run = (await ClipProcess.RunInAsync(folder.Path, [.. command, "--report", "out/page.html", .. pictures])).Succeeded();

        Assert.Contains("Report: out/page.html", run.Error);
        await using var tab = await chromium.OpenAsync();
        await tab.OpenFileAsync(folder["out/page.html"]);
        Assert.Equal(5, await tab.Page.Locator(".card").CountAsync());
        Assert.Equal(3, await tab.Page.Locator(".card").First.Locator(".bars li").CountAsync());
        Assert.Contains("a photo of a red circle.", await tab.Page.Locator(".card").First.InnerTextAsync());
        Assert.Equal(0, await tab.Page.Locator(".mark, .bars .wrong, .bars .right").CountAsync());
        Assert.Equal(["Pictures", "What was run"], await tab.Page.GetByRole(Microsoft.Playwright.AriaRole.Tab).AllInnerTextsAsync());
        await tab.Page.Locator("#tab-run").ClickAsync();
        var facts = await tab.Page.Locator("#run").InnerTextAsync();
        Assert.Contains("clip classify --model", facts);
        Assert.Contains("fingerprint", facts);
        Assert.DoesNotContain(folder.Path, await tab.Page.ContentAsync());
        Assert.Empty(await tab.AxeAsync());
        Assert.Empty(tab.Errors);
    }

    [Fact]
    public async Task A_page_that_cannot_be_written_is_told_before_the_work()
    {
        using var folder = new TempFolder();
        var picture = Assert.Single(DrawnModel.Draw(folder, 1));

        var run = await ClipProcess.RunInAsync(
            folder.Path, "classify", "--model", folder.Path, "--labels", "cat", "dog", "--report", folder.Path, picture);

        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("is a folder; name a file in it, such as report.html", run.Error);
    }
}
