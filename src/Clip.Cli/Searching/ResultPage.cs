using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.ML.Clip;

namespace Clip.Cli.Searching;

/// <summary>What a search found as a page for a browser, with the pictures where they lie.</summary>
internal static class ResultPage
{
    private const string Style = """
        :root { color-scheme: light dark; font: 16px/1.4 system-ui, sans-serif; }
        body { margin: 1.5rem; }
        ol { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: 1rem; padding: 0; list-style: none; }
        figure { margin: 0; }
        img { width: 100%; aspect-ratio: 1; object-fit: contain; background: color-mix(in srgb, currentColor 8%, transparent); }
        figcaption { overflow-wrap: anywhere; font-size: .85rem; }
        b { font-variant-numeric: tabular-nums; }
        """;

    /// <summary>The page.</summary>
    /// <param name="title">What was searched for.</param>
    /// <param name="results">What was found.</param>
    public static string Html(string title, IReadOnlyList<ClipSearchResult> results)
    {
        var page = new StringBuilder();
        page.Append("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n");
        page.Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        page.Append(CultureInfo.InvariantCulture, $"<title>{Text(title)}</title>\n<style>\n{Style}\n</style>\n");
        page.Append(CultureInfo.InvariantCulture, $"<h1>{Text(title)}</h1>\n<ol>\n");
        foreach (var result in results)
        {
            var name = Text(result.Entry.Caption ?? Path.GetFileName(result.Id));
            var address = result.Entry.Path is { } path ? Text(new Uri(path).AbsoluteUri) : null;
            var image = address is null ? "" : $"<a href=\"{address}\"><img loading=\"lazy\" src=\"{address}\" alt=\"{name}\"></a>";
            page.Append(CultureInfo.InvariantCulture, $"<li><figure>{image}<figcaption><b>{result.Score:F3}</b> {name}<br>");
            page.Append(CultureInfo.InvariantCulture, $"{Text(result.Id)}</figcaption></figure></li>\n");
        }

        return page.Append("</ol>\n</html>\n").ToString();
    }

    /// <summary>Writes the page into a temporary file and has the system's browser show it; gives the file.</summary>
    public static string Open(string title, IReadOnlyList<ClipSearchResult> results)
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("clip-search-").FullName, "results.html");
        File.WriteAllText(file, Html(title, results));
        var start = Environment.GetEnvironmentVariable("BROWSER") is { Length: > 0 } browser ? new ProcessStartInfo(browser, [file])
            : OperatingSystem.IsWindows() ? new ProcessStartInfo(file) { UseShellExecute = true }
            : new ProcessStartInfo(OperatingSystem.IsMacOS() ? "open" : "xdg-open", [file]);
        try
        {
            using var started = Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Console.Error.WriteLine("No browser could be started; open the page by hand.");
        }

        return file;
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
