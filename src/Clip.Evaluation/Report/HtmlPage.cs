using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Clip.Evaluation.Report;

/// <summary>
/// A page in one file that asks nothing of a network, and is told to the browser as such: a policy names by their hashes the one style
/// and the one script that count, and forbids all else. Sections become tabs; without scripts they stand one below the other.
/// </summary>
/// <param name="Title">The page's.</param>
/// <param name="Kind">A few words above the title.</param>
/// <param name="Sections">In order.</param>
internal sealed record HtmlPage(string Title, string Kind, IReadOnlyList<HtmlSection> Sections)
{
    private static readonly string[] Style = ["page.css", "sections.css"];

    /// <summary>Files of the script, in order; each knows those before it.</summary>
    private static readonly string[] Script =
    [
        "page.js", "thumbnails.js", "details.js", "grid.js", "filters.js", "pictures.js", "classes.js", "confusions.js", "calibration.js",
        "map.js", "retrieval.js", "placed.js", "start.js",
    ];

    /// <summary>JSON that the script reads, by the identifiers that it knows it by.</summary>
    public IReadOnlyList<(string Id, ReadOnlyMemory<byte> Json)> Data { get; init; } = [];

    /// <summary>Files that the script takes out when it needs them, by the identifiers that it knows them by.</summary>
    public IReadOnlyList<(string Id, byte[] Content)> Files { get; init; } = [];

    /// <summary>Writes the page.</summary>
    public void Write(Stream stream)
    {
        var (style, script) = (Resources(Style), Resources(Script));
        Text($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="{Policy(style, script)}">
            <meta name="color-scheme" content="light dark">
            <title>{Encode(Title)}</title>
            <link rel="icon" href="data:,">
            <style>{style}</style>
            </head>
            <body>
            <a class="skip" href="#content">Skip to the content</a>
            <header class="top"><div class="title"><p class="kind">{Encode(Kind)}</p><h1>{Encode(Title)}</h1></div>
            <div class="controls" id="controls"></div></header>
            <main id="content" tabindex="-1">
            <noscript><p class="note">Pictures, charts and the map need JavaScript; the numbers below do not.</p></noscript>
            <div id="results"></div>
            <div id="tabs"></div>

            """);
        foreach (var section in Sections)
            Text($"<section class=\"panel\" id=\"{section.Id}\"><h2>{Encode(section.Title)}</h2>{section.Body}</section>\n");
        Text("</main>\n<div id=\"said\" class=\"unseen\" role=\"status\"></div>\n");
        foreach (var (id, json) in Data)
        {
            Text($"<script type=\"application/json\" id=\"{id}\">");
            stream.Write(json.Span);
            Text("</script>\n");
        }

        foreach (var (id, content) in Files)
        {
            Text($"<script type=\"text/plain\" id=\"{id}\">");
            var base64 = new byte[Base64.GetMaxEncodedToUtf8Length(content.Length)];
            Base64.EncodeToUtf8(content, base64, out _, out var written);
            stream.Write(base64.AsSpan(0, written));
            Text("</script>\n");
        }

        Text($"<script>{script}</script>\n</body>\n</html>\n");

        void Text(string text) => stream.Write(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>A place for a thumbnail of <see cref="ReportData.Pictures"/>, which the script fills.</summary>
    /// <param name="place">The picture's place among them.</param>
    /// <param name="name">What it is called, for those who do not see it.</param>
    public static string Picture(int place, string name) => string.Create(
        CultureInfo.InvariantCulture, $"<span class=\"placed\" data-picture=\"{place}\" data-name=\"{Encode(name)}\"></span>");

    /// <summary>Text for between tags and for attributes.</summary>
    public static string Encode(string text) => WebUtility.HtmlEncode(text);

    private static string Policy(string style, string script) =>
        $"default-src 'none'; img-src data: blob:; style-src '{Hash(style)}'; script-src '{Hash(script)}'; "
        + "base-uri 'none'; form-action 'none'";

    private static string Hash(string text) => $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";

    private static string Resources(IEnumerable<string> names)
    {
        var text = new StringBuilder("\n");
        foreach (var name in names)
        {
            using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"report/{name}")!;
            using var reader = new StreamReader(stream);
            // The hash is of the text as the browser has it, with line feeds alone.
            text.Append(reader.ReadToEnd().ReplaceLineEndings("\n"));
        }

        return text.ToString();
    }
}

/// <summary>A part of a page.</summary>
/// <param name="Id">By which the script finds it, and links lead to it.</param>
/// <param name="Title">Its heading, and its tab's.</param>
/// <param name="Body">HTML that needs no script; the script fills up what needs one.</param>
internal sealed record HtmlSection(string Id, string Title, string Body);
