namespace Clip.Pages.Tests;

/// <summary>The browser that the other tests look through sees what is wrong with a page.</summary>
public sealed class ChromiumTests(Chromium chromium) : IClassFixture<Chromium>
{
    [SkippableFact]
    public async Task Opens_a_file()
    {
        using var folder = new TempFolder();
        await using var tab = await chromium.OpenAsync();

        await tab.OpenFileAsync(folder.Write("page.html", "<!DOCTYPE html><html lang=en><title>A page</title><h1>Hello</h1>"));

        Assert.Equal("Hello", await tab.Page.Locator("h1").InnerTextAsync());
        Assert.Empty(tab.Errors);
        Assert.All(tab.Requests, address => Assert.StartsWith("file:", address));
    }

    [SkippableFact]
    public async Task Names_what_is_not_accessible_and_what_fails()
    {
        using var folder = new TempFolder();
        await using var tab = await chromium.OpenAsync();

        await tab.OpenFileAsync(folder.Write(
            "page.html",
            "<!DOCTYPE html><html lang=en><title>A page</title><main><h1>Hello</h1><img src=data:,><script>nothing()</script></main>"));

        Assert.Contains(await tab.AxeAsync(), violation => violation.StartsWith("image-alt", StringComparison.Ordinal));
        Assert.Contains(tab.Errors, error => error.Contains("nothing is not defined", StringComparison.Ordinal));
    }
}
