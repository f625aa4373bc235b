using System.Text.RegularExpressions;
using Clip.Evaluation.Report;
using Microsoft.Playwright;

namespace Clip.Pages.Tests.Reports;

/// <summary>A report as people use it: read, filtered, hovered over and tabbed through, on large and small screens.</summary>
public sealed class ReportPageTests(Chromium chromium, ReportPageTests.Written written)
    : IClassFixture<Chromium>, IClassFixture<ReportPageTests.Written>
{
    [SkippableFact]
    public async Task Shows_the_article_s_figure_for_each_picture()
    {
        await using var tab = await OpenAsync();

        var cards = tab.Page.Locator(".card");
        await Assertions.Expect(cards.First).ToBeVisibleAsync();
        var first = await cards.First.InnerTextAsync();
        Assert.Matches("(red|green|blue) (circle|square)", first);
        Assert.Matches(@"rank [1-6] of 6 · \d+\.\d", first);
        Assert.Equal(5, await cards.First.Locator(".bars li").CountAsync());
        Assert.Equal(1, await cards.First.Locator(".bars li.right").CountAsync());
        Assert.Contains("a drawing of a", first);
        Assert.Contains("240 pictures", await tab.Page.Locator(".found").InnerTextAsync());
        Assert.Empty(tab.Errors);
    }

    [SkippableFact]
    public async Task Filters_by_right_and_wrong_class_and_confidence()
    {
        await using var tab = await OpenAsync();
        var page = tab.Page;

        await page.GetByText(new Regex("^Wrong")).ClickAsync();
        var wrong = await CountAsync(page);
        Assert.InRange(wrong, 1, 239);
        Assert.Equal(0, await page.Locator(".card .mark.right").CountAsync());
        Assert.True(await page.Locator(".card .mark.wrong").CountAsync() > 0);

        await page.GetByLabel("Class", new() { Exact = true }).SelectOptionAsync(new SelectOptionValue { Value = "4" });
        Assert.InRange(await CountAsync(page), 1, 40);
        Assert.All(await page.Locator(".card .head b").AllInnerTextsAsync(), text => Assert.Equal("blue circle", text));

        await page.GetByLabel("Most confidence").FillAsync("40");
        var unsure = await page.Locator(".card .bars li:first-child .chance").AllInnerTextsAsync();
        Assert.All(unsure, text => Assert.InRange(double.Parse(text.Split('\u00a0')[0]), 0, 40));

        await page.GetByLabel("Least confidence").FillAsync("40");
        await page.GetByLabel("Most confidence").FillAsync("40");
        if (await CountAsync(page) == 0) Assert.True(await page.GetByText("No picture is like that").IsVisibleAsync());
        Assert.Empty(tab.Errors);
    }

    [SkippableFact]
    public async Task Keeps_only_what_is_in_sight_and_reaches_the_last_by_keys()
    {
        await using var tab = await OpenAsync();
        var page = tab.Page;

        Assert.InRange(await page.Locator(".card").CountAsync(), 4, 40);
        await page.Locator(".card").First.FocusAsync();
        await page.Keyboard.PressAsync("End");

        var focused = page.Locator(".grid li:focus-within");
        Assert.Equal("240", await focused.GetAttributeAsync("aria-posinset"));
        Assert.True(await focused.IsVisibleAsync());
        await page.Keyboard.PressAsync("Home");
        await page.Keyboard.PressAsync("ArrowRight");
        Assert.Equal("2", await page.Locator(".grid li:focus-within").GetAttributeAsync("aria-posinset"));
    }

    [SkippableFact]
    public async Task Opens_a_picture_large_and_gives_the_focus_back()
    {
        await using var tab = await OpenAsync();
        var page = tab.Page;

        await page.Locator(".card").First.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        var first = await page.Locator("dialog .file").InnerTextAsync();
        Assert.EndsWith(".png", first);
        await page.Keyboard.PressAsync("ArrowRight");
        Assert.NotEqual(first, await page.Locator("dialog .file").InnerTextAsync());
        await tab.ShootAsync("dialog");
        Assert.Empty(await tab.AxeAsync());
        await page.Keyboard.PressAsync("Escape");

        Assert.False(await page.Locator("dialog").IsVisibleAsync());
        Assert.Equal("2", await page.Locator(".grid li:focus-within").GetAttributeAsync("aria-posinset"));
    }

    [SkippableFact]
    public async Task Every_tab_is_reached_by_arrow_keys_and_shows_its_part()
    {
        await using var tab = await OpenAsync();
        var page = tab.Page;

        await page.GetByRole(AriaRole.Tab, new() { Name = "Pictures" }).FocusAsync();
        var seen = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            seen.Add(await page.Locator("[role=tab][aria-selected=true]").InnerTextAsync());
            Assert.Equal(1, await page.Locator("[role=tabpanel]:visible").CountAsync());
            await page.Keyboard.PressAsync("ArrowRight");
        }

        Assert.Equal(["Pictures", "Classes", "Confusions", "Calibration", "Map", "Numbers", "What was run"], seen);
        Assert.Empty(tab.Errors);
    }

    [SkippableFact]
    public async Task Classes_confusions_and_calibration_have_the_numbers()
    {
        await using var tab = await OpenAsync("classes");
        var page = tab.Page;

        Assert.Equal(6, await page.Locator(".classes tbody tr").CountAsync());
        var recalls = await page.Locator(".classes tbody td:nth-child(2)").AllInnerTextsAsync();
        var values = recalls.Select(text => double.Parse(Regex.Match(text, @"[\d.]+").Value)).ToArray();
        Assert.Equal(values.Order(), values);
        await page.GetByRole(AriaRole.Button, new() { Name = "Class", Exact = true }).ClickAsync();
        Assert.Equal("blue circle", await page.Locator(".classes tbody th").First.InnerTextAsync());

        await page.GetByRole(AriaRole.Tab, new() { Name = "Confusions" }).ClickAsync();
        Assert.Matches(@"\d+ of 40 pictures", await page.Locator(".pairs li").First.InnerTextAsync());
        Assert.True(await page.Locator(".pairs li").First.Locator(".thumb").CountAsync() > 0);

        await page.GetByRole(AriaRole.Tab, new() { Name = "Calibration" }).ClickAsync();
        Assert.True(await page.Locator(".chart .dot").CountAsync() > 1);

        await page.GetByRole(AriaRole.Tab, new() { Name = "Classes" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "green square" }).ClickAsync();
        Assert.Equal(40, await CountAsync(page));
    }

    [SkippableFact]
    public async Task The_map_shows_a_thumbnail_on_hover_and_by_keys()
    {
        await using var tab = await OpenAsync("map");
        var page = tab.Page;

        var canvas = page.Locator(".map canvas");
        await canvas.FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        Assert.Matches("(circle|square): (right|taken for)", await page.Locator("#said").InnerTextAsync());
        var tip = page.Locator(".tip");
        Assert.True(await tip.Locator(".thumb").IsVisibleAsync());
        await tab.ShootAsync("map-tip");
        await page.Keyboard.PressAsync("Escape");
        Assert.False(await tip.IsVisibleAsync());

        // Somewhere on a row across the middle there is a point.
        var box = (await canvas.BoundingBoxAsync())!;
        for (float x = 0; x < box.Width && !await tip.IsVisibleAsync(); x += 12)
        {
            for (float y = 20; y < box.Height && !await tip.IsVisibleAsync(); y += 60) await page.Mouse.MoveAsync(box.X + x, box.Y + y);
        }

        Assert.True(await tip.IsVisibleAsync());
        Assert.Empty(tab.Errors);
    }

    [SkippableTheory]
    [InlineData(1280, false)]
    [InlineData(390, true)]
    public async Task Axe_finds_nothing_and_nothing_sticks_out(int width, bool isDark)
    {
        await using var tab = await chromium.OpenAsync(width, width < 600 ? 844 : 900, isDark);
        await tab.OpenFileAsync(written.All);
        foreach (var item in await tab.Page.Locator("button.result").AllAsync())
        {
            await item.ClickAsync();
            foreach (var part in await tab.Page.GetByRole(AriaRole.Tab).AllAsync())
            {
                await part.ClickAsync();
                var name = (await part.InnerTextAsync()).Replace(' ', '-').ToLowerInvariant();
                await tab.ShootAsync($"{name}-{width}-{(isDark ? "dark" : "light")}");
                Assert.Empty(await tab.AxeAsync());
                var overhang = await tab.Page.EvaluateAsync<int>("document.documentElement.scrollWidth - innerWidth");
                Assert.True(overhang <= 0, $"{name} sticks out of the window by {overhang} pixels");
            }
        }

        Assert.Empty(tab.Errors);
        Assert.All(tab.Requests, address => Assert.Matches("^(file|data|blob):", address));
    }

    [SkippableFact]
    public async Task Shows_retrieval_both_ways()
    {
        await using var tab = await chromium.OpenAsync();
        await tab.OpenFileAsync(written.All);
        var page = tab.Page;

        await page.GetByRole(AriaRole.Button, new() { Name = "captioned shapes" }).ClickAsync();

        Assert.True(await page.GetByText("Captions that find pictures").IsVisibleAsync());
        Assert.Equal(5, await page.Locator(".find").First.Locator("li:has(.mark.right)").First.Locator(".hits li").CountAsync());
        var all = await page.Locator(".find > li").CountAsync();
        await page.GetByText("Found first", new() { Exact = true }).ClickAsync();
        Assert.InRange(await page.Locator(".find > li").CountAsync(), 1, all - 1);
        Assert.Equal(0, await page.Locator(".find .mark.wrong").CountAsync());
    }

    [SkippableFact]
    public async Task Compares_models_and_changes_between_them()
    {
        await using var tab = await chromium.OpenAsync();
        await tab.OpenFileAsync(written.All);
        var page = tab.Page;

        var big = page.Locator(".result .big").First;
        var first = await big.InnerTextAsync();
        await page.GetByLabel("Model").SelectOptionAsync("tiny-clip-1");
        Assert.NotEqual(first, await big.InnerTextAsync());
        await page.GetByRole(AriaRole.Tab, new() { Name = "Numbers" }).ClickAsync();
        var table = page.Locator(".numbers").First;
        Assert.Equal(3, await table.Locator("tbody tr").CountAsync());
        Assert.Contains("a paper, table 1", await table.Locator(".published").InnerTextAsync());
        Assert.True(await table.Locator("strong").CountAsync() > 0);
    }

    [SkippableFact]
    public async Task Prints_every_part()
    {
        await using var tab = await OpenAsync();
        await tab.Page.EvaluateAsync("dispatchEvent(new Event('beforeprint'))");
        await tab.Page.EmulateMediaAsync(new() { Media = Media.Print });

        Assert.Equal(60, await tab.Page.Locator(".card").CountAsync());
        Assert.Equal(7, await tab.Page.Locator(".panel:visible").CountAsync());
        await tab.ShootAsync("print", isWhole: true);
    }

    private async Task<Tab> OpenAsync(string part = "pictures")
    {
        var tab = await chromium.OpenAsync();
        await tab.OpenFileAsync(written.One);
        Assert.Empty(tab.Errors);
        await tab.Page.Locator($"#tab-{part}").ClickAsync();
        return tab;
    }

    private static async Task<int> CountAsync(IPage page) =>
        int.Parse(Regex.Match(await page.Locator(".found").InnerTextAsync(), @"^[\d,]+").Value.Replace(",", ""));

    /// <summary>The reports, written once.</summary>
    public sealed class Written : IDisposable
    {
        private readonly TempFolder _folder = new();

        public Written()
        {
            (One, All) = (_folder["one.html"], _folder["all.html"]);
            ReportPage.Write(One, Painted.Report(240));
            ReportPage.Write(All, Painted.Report(60, models: 2) with
            {
                Retrievals = [Painted.Retrieval(40)],
                Published = [new("shapes", "acc1", "Famous", "openly", 0.99, "a paper, table 1")],
            });
        }

        /// <summary>One model on one set.</summary>
        public string One { get; }

        /// <summary>Two models on a set, retrieval, and what others have published.</summary>
        public string All { get; }

        public void Dispose() => _folder.Dispose();
    }
}
