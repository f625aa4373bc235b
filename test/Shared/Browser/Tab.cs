using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace Clip.Testing;

/// <summary>A tab of a browser, and what went wrong in it.</summary>
public sealed class Tab : IAsyncDisposable
{
    private static readonly BundledAxeScriptProvider Axe = new();

    private readonly IBrowserContext _context;
    private readonly List<string> _errors = [], _requests = [];

    internal Tab(IBrowserContext context, IPage page)
    {
        (_context, Page) = (context, page);
        page.PageError += (_, error) => _errors.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") _errors.Add(message.Text);
        };
        page.Request += (_, request) => _requests.Add(request.Url);
    }

    public IPage Page { get; }

    /// <summary>Uncaught exceptions, and errors and warnings of the console: breaches of the page's own policy are among them.</summary>
    public IReadOnlyList<string> Errors => _errors;

    /// <summary>Every address that the page asked for, its own among them.</summary>
    public IReadOnlyList<string> Requests => _requests;

    /// <summary>Opens a file.</summary>
    public Task OpenFileAsync(string path) => Page.GotoAsync(new Uri(Path.GetFullPath(path)).AbsoluteUri);

    /// <summary>What axe finds against the page as it is now: rule, and the elements concerned.</summary>
    public async Task<IReadOnlyList<string>> AxeAsync()
    {
        // Asked here, and of violations alone: Deque's own way opens another tab each time and carries over all that is well.
        if (!await Page.EvaluateAsync<bool>("'axe' in window")) await Page.EvaluateAsync(Axe.GetScript());
        return await Page.EvaluateAsync<string[]>(
            """
            async () => (await axe.run(document, { resultTypes: ["violations"] })).violations.map(one =>
              `${one.id}: ${one.help}: ${one.nodes.slice(0, 5).map(node => node.html).join(" | ")}`)
            """);
    }

    /// <summary>Keeps a picture of the page in the folder that CLIP_TEST_SCREENSHOTS names, for people; does nothing without it.</summary>
    /// <param name="name">The file's, without .png.</param>
    /// <param name="isWhole">Whether it reaches to the page's end, or to the window's.</param>
    public async Task ShootAsync(string name, bool isWhole = false)
    {
        if (Environment.GetEnvironmentVariable("CLIP_TEST_SCREENSHOTS") is { Length: > 0 } folder)
            await Page.ScreenshotAsync(new() { Path = Path.Combine(folder, name + ".png"), FullPage = isWhole });
    }

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();
}
