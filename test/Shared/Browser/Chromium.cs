using System.Reflection;
using Microsoft.Playwright;

namespace Clip.Testing;

/// <summary>
/// A chromium of the machine, without a window, for tests of pages: <c>IClassFixture&lt;Chromium&gt;</c>. Nothing is downloaded; tests
/// that open a page are skipped, with the reason, where there is no browser.
/// </summary>
public sealed class Chromium : IAsyncLifetime
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "chrome"];

    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private string? _absent;

    public async Task InitializeAsync()
    {
        if (Find() is not { } program)
        {
            _absent = $"There is none of {string.Join(", ", Names)} in PATH; install chromium, or name a file in CLIP_TEST_CHROMIUM.";
            return;
        }

        // The driver, node and scripts of 140 MB, is run where the package lies and not copied beside the tests.
        var package = typeof(Chromium).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(a => a.Key == "PlaywrightPackage").Value;
        if (!Directory.Exists(Path.Combine(package!, ".playwright")))
        {
            _absent = $"The package Microsoft.Playwright has no driver in '{package}'.";
            return;
        }

        Environment.SetEnvironmentVariable("PLAYWRIGHT_DRIVER_SEARCH_PATH", package);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = program,
            // Containers run as root, which the sandbox refuses, and have little shared memory.
            Args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--font-render-hinting=none"],
        });
    }

    /// <summary>An empty tab in a profile of its own.</summary>
    /// <param name="width">In CSS pixels; below 600 it is a phone, which is touched.</param>
    /// <param name="height">In CSS pixels.</param>
    /// <param name="isDark">Whether whoever looks prefers dark colors.</param>
    public async Task<Tab> OpenAsync(int width = 1280, int height = 800, bool isDark = false)
    {
        Skip.If(_browser is null, _absent);
        var context = await _browser.NewContextAsync(new()
        {
            ViewportSize = new() { Width = width, Height = height },
            HasTouch = width < 600,
            ColorScheme = isDark ? ColorScheme.Dark : ColorScheme.Light,
            ReducedMotion = ReducedMotion.Reduce,
            AcceptDownloads = true,
        });
        context.SetDefaultTimeout(20_000);
        return new Tab(context, await context.NewPageAsync());
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("CLIP_TEST_CHROMIUM") is { Length: > 0 } named) return named;
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return Names.SelectMany(name => folders.Select(folder => Path.Combine(folder, name + (OperatingSystem.IsWindows() ? ".exe" : ""))))
            .FirstOrDefault(File.Exists);
    }
}
