using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Clip.Pages.Tests.Serve;

/// <summary>The page of <c>clip serve</c>, as people use it.</summary>
public sealed class ServePageTests(Chromium chromium, ServedPage served) : IClassFixture<Chromium>, IClassFixture<ServedPage>
{
    [SkippableFact]
    public async Task BarsMoveAsLabelsAreTyped()
    {
        await using var tab = await OpenAsync("?view=classify");
        var bars = tab.Page.Locator("#bars li");
        await tab.Page.Locator("#classify-file").SetInputFilesAsync(served.Pictures[1]);
        await Expect(bars).ToHaveCountAsync(3);
        await Expect(bars.First).ToContainTextAsync("green");
        await Expect(tab.Page.Locator("#classify-status")).ToContainTextAsync("Best: green");

        // Not yet kept, and counted all the same.
        await tab.Page.GetByLabel("Labels").PressSequentiallyAsync("very green");
        await Expect(bars).ToHaveCountAsync(4);
        await tab.Page.Keyboard.PressAsync("Enter");
        await Expect(tab.Page.Locator("#classify-chips .chip")).ToHaveCountAsync(4);
        await tab.Page.GetByLabel("Remove very green").ClickAsync();
        await Expect(bars).ToHaveCountAsync(3);
        await SoundAsync(tab);
    }

    [SkippableFact]
    public async Task APictureIsDroppedOrPasted()
    {
        await using var tab = await OpenAsync("?view=classify");
        var first = tab.Page.Locator("#bars li").First;
        await DropAsync(tab, served.Pictures[2]);
        await Expect(first).ToContainTextAsync("blue");
        await PasteAsync(tab, served.Pictures[0]);
        await Expect(first).ToContainTextAsync("red");
        await SoundAsync(tab);
    }

    [SkippableFact]
    public async Task WordsFindPicturesAndAPictureMoreLikeIt()
    {
        await using var tab = await OpenAsync("?view=search");
        var names = tab.Page.Locator("#grid .name");
        await tab.Page.GetByLabel("What they show").PressSequentiallyAsync("green");
        await Expect(names.First).ToContainTextAsync("green");
        await Expect(tab.Page.Locator("#grid img").First).ToHaveJSPropertyAsync("complete", true);
        Assert.Contains("q=green", tab.Page.Url, StringComparison.Ordinal);

        var chosen = await names.First.InnerTextAsync();
        await tab.Page.Locator("#grid button").First.ClickAsync();
        await Expect(tab.Page.Locator("#by")).ToContainTextAsync($"Like {chosen}");
        await Expect(names.First).Not.ToHaveTextAsync(chosen);
        await Expect(names.First).ToContainTextAsync("green");

        await tab.Page.GoBackAsync();
        await Expect(tab.Page.GetByLabel("What they show")).ToHaveValueAsync("green");
        await Expect(names.First).ToHaveTextAsync(chosen);
        await SoundAsync(tab);
    }

    [SkippableFact]
    public async Task TheAddressIsTheQuery()
    {
        await using var tab = await OpenAsync("?view=search&q=red%20blue&without=red");
        await Expect(tab.Page.Locator("#grid .name").First).ToContainTextAsync("blue");
        await tab.Page.GotoAsync(new Uri(served.Address, "?view=classify&label=red&label=blue&template=%7B%7D").AbsoluteUri);
        await Expect(tab.Page.Locator("#classify-chips .chip")).ToHaveTextAsync(["red×", "blue×"]);
        await Expect(tab.Page.GetByLabel("Prompt")).ToHaveValueAsync("{}");
        await SoundAsync(tab);
    }

    [SkippableFact]
    public async Task ADroppedPictureFindsThoseLikeItAndMoreCanBeAskedFor()
    {
        await using var tab = await OpenAsync("?view=search");
        await DropAsync(tab, served.Pictures[0]);
        await Expect(tab.Page.Locator("#grid .name").First).ToContainTextAsync("red");
        await Expect(tab.Page.Locator("#grid li")).ToHaveCountAsync(24);
        await tab.Page.GetByText("More pictures").ClickAsync();
        await Expect(tab.Page.Locator("#grid li")).ToHaveCountAsync(30);
        await SoundAsync(tab);
    }

    [SkippableFact]
    public async Task PicturesByTextsAreATable()
    {
        await using var tab = await OpenAsync("?view=compare&text=red&text=green&text=blue");
        await tab.Page.Locator("#compare-file").SetInputFilesAsync(served.Pictures[..3]);
        await Expect(tab.Page.Locator(".matrix tbody td")).ToHaveCountAsync(9);
        for (var i = 0; i < 3; i++)
            await Expect(tab.Page.Locator(".matrix tbody tr").Nth(i).Locator("td").Nth(i)).ToHaveClassAsync("best");
        await tab.Page.GetByText("share of each picture").ClickAsync();
        await Expect(tab.Page.Locator(".matrix tbody td").First).ToContainTextAsync("%");
        await tab.Page.GetByLabel("Remove 000-red.png").ClickAsync();
        await Expect(tab.Page.Locator(".matrix tbody td")).ToHaveCountAsync(6);
        await SoundAsync(tab);
    }

    [SkippableFact]
    public async Task TheKeyboardAloneIsEnough()
    {
        await using var tab = await OpenAsync("");
        var keys = tab.Page.Keyboard;
        await TabToAsync(tab, "#words");
        await keys.TypeAsync("blue");
        await Expect(tab.Page.Locator("#grid .name").First).ToContainTextAsync("blue");
        await TabToAsync(tab, "#grid li:first-child button");
        await keys.PressAsync("Enter");
        await Expect(tab.Page.Locator("#by")).ToBeVisibleAsync();
        await keys.PressAsync("Enter"); // the way back has the focus
        await Expect(tab.Page.Locator("#by")).ToBeHiddenAsync();

        await tab.Page.GotoAsync(new Uri(served.Address, "?view=classify").AbsoluteUri);
        await TabToAsync(tab, "#classify-labels");
        await keys.TypeAsync("blue,a dog,");
        await Expect(tab.Page.Locator("#classify-chips .chip")).ToHaveCountAsync(4);
        await keys.PressAsync("Backspace");
        await Expect(tab.Page.Locator("#classify-chips .chip")).ToHaveCountAsync(3);
    }

    [SkippableTheory]
    [InlineData(1280, false)]
    [InlineData(1280, true)]
    [InlineData(390, false)]
    [InlineData(390, true)]
    public async Task AllViewsAreAccessibleOnEveryScreen(int width, bool isDark)
    {
        await using var tab = await OpenAsync("?view=search&q=red", width, isDark);
        await Expect(tab.Page.Locator("#grid li").First).ToBeVisibleAsync();
        await FitsAsync(tab);

        await tab.Page.GetByRole(AriaRole.Link, new() { Name = "Classify" }).ClickAsync();
        await tab.Page.Locator("#classify-file").SetInputFilesAsync(served.Pictures[0]);
        await Expect(tab.Page.Locator("#bars li")).ToHaveCountAsync(3);
        await FitsAsync(tab);

        await tab.Page.GetByRole(AriaRole.Link, new() { Name = "Compare" }).ClickAsync();
        await tab.Page.GetByRole(AriaRole.Textbox, new() { Name = "Texts" }).PressSequentiallyAsync("red,blue,");
        await tab.Page.Locator("#compare-file").SetInputFilesAsync(served.Pictures[..8]);
        await Expect(tab.Page.Locator(".matrix tbody td")).ToHaveCountAsync(16);
        await FitsAsync(tab);
        await SoundAsync(tab);
    }

    [SkippableFact]
    public async Task WithAKeyThePageAsksForIt()
    {
        const string Key = "a-key-of-sixteen-or-more";
        var (process, address) = await served.StartAsync("--api-key", Key);
        using (process)
        {
            await using var tab = await chromium.OpenAsync();
            await tab.Page.GotoAsync(address.AbsoluteUri);
            await tab.Page.GetByLabel("API key").FillAsync("not the key at all");
            await tab.Page.GetByText("Go on").ClickAsync();
            await Expect(tab.Page.Locator("#sign-in-problem")).ToContainTextAsync("not the server's key");
            Assert.Empty(await tab.AxeAsync());
            await tab.Page.GetByLabel("API key").FillAsync(Key);
            await tab.Page.GetByText("Go on").ClickAsync();
            await tab.Page.GetByLabel("What they show").FillAsync("red");
            await Expect(tab.Page.Locator("#grid img").First).ToHaveJSPropertyAsync("complete", true);
            Assert.NotEqual(0, await tab.Page.EvalOnSelectorAsync<int>("#grid img", "image => image.naturalWidth"));
        }
    }

    [SkippableFact]
    public async Task WhatIsNoPictureIsToldInASentence()
    {
        await using var tab = await OpenAsync("?view=classify");
        using var folder = new TempFolder();
        await tab.Page.Locator("#classify-file").SetInputFilesAsync(folder.Write("broken.png", "no picture"));
        await Expect(tab.Page.Locator("#classify-status")).ToContainTextAsync("cannot be read");
    }

    private async Task<Tab> OpenAsync(string query, int width = 1280, bool isDark = false)
    {
        var tab = await chromium.OpenAsync(width, isDark: isDark);
        await tab.Page.GotoAsync(new Uri(served.Address, query).AbsoluteUri);
        // The server has told what it has, and the page listens.
        await Expect(tab.Page.Locator("main > section:visible")).ToHaveCountAsync(1);
        return tab;
    }

    /// <summary>No errors, nothing that axe finds, and nothing from elsewhere.</summary>
    private async Task SoundAsync(Tab tab)
    {
        Assert.Empty(await tab.AxeAsync());
        Assert.Empty(tab.Errors);
        Assert.All(
            tab.Requests.Where(address => !address.StartsWith("blob:", StringComparison.Ordinal)),
            address => Assert.StartsWith(served.Address.AbsoluteUri, address, StringComparison.Ordinal));
    }

    private static async Task FitsAsync(Tab tab)
    {
        Assert.Empty(await tab.AxeAsync());
        var (page, window) = (
            await tab.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"), await tab.Page.EvaluateAsync<int>("innerWidth"));
        Assert.True(page <= window, $"The page is {page} pixels wide, and the window {window}.");
    }

    private static async Task TabToAsync(Tab tab, string selector)
    {
        for (var presses = 0; presses < 40; presses++)
        {
            if (await tab.Page.EvaluateAsync<bool>("selector => document.activeElement?.matches(selector) ?? false", selector)) return;
            await tab.Page.Keyboard.PressAsync("Tab");
        }

        Assert.Fail($"The keyboard does not reach {selector}.");
    }

    private static Task DropAsync(Tab tab, string file) => HandAsync(tab, file, "drop");

    private static Task PasteAsync(Tab tab, string file) => HandAsync(tab, file, "paste");

    /// <summary>Hands a file to the page as the system would.</summary>
    private static async Task HandAsync(Tab tab, string file, string kind) => await tab.Page.EvaluateAsync(
        """
        ([bytes, name, kind]) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([Uint8Array.from(atob(bytes), c => c.charCodeAt(0))], name, { type: "image/png" }));
          const event = kind === "drop"
            ? new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true })
            : new ClipboardEvent(kind, { clipboardData: transfer, bubbles: true, cancelable: true });
          document.body.dispatchEvent(event);
        }
        """,
        new[] { Convert.ToBase64String(await File.ReadAllBytesAsync(file)), Path.GetFileName(file), kind });
}
