using System.Text.RegularExpressions;
using Clip.Testing;

namespace Microsoft.ML.Clip.Tests.Docs;

/// <summary>
/// docs/README.md lists every page in the order of use, and every page ends with links to its neighbors in that order. With
/// CLIP_WRITE_DOCS=1 in the environment those links are written instead of compared.
/// </summary>
public sealed partial class DocsOrderTests
{
    private const string Index = "docs/README.md", Rule = "\n---\n\n";

    [Fact]
    public void The_index_lists_every_page_once() => Assert.Equal(
        DocsPages.All().Where(page => page.StartsWith("docs/", StringComparison.Ordinal) && page != Index).Order(StringComparer.Ordinal),
        Listed().Select(page => $"docs/{page.File}").Order(StringComparer.Ordinal));

    [Fact]
    public void Every_page_links_to_its_neighbors()
    {
        var pages = Listed();
        for (var i = 0; i < pages.Count; i++)
        {
            string[] links =
            [
                .. i > 0 ? [$"← [{pages[i - 1].Title}]({pages[i - 1].File})"] : Array.Empty<string>(),
                "[Documentation](README.md)",
                .. i < pages.Count - 1 ? [$"[{pages[i + 1].Title}]({pages[i + 1].File}) →"] : Array.Empty<string>(),
            ];
            var file = Path.Combine(DocsPages.Root, "docs", pages[i].File);
            var text = File.ReadAllText(file);
            var foot = $"{Rule}{string.Join(" · ", links)}\n";
            if (Environment.GetEnvironmentVariable("CLIP_WRITE_DOCS") == "1")
            {
                var end = text.LastIndexOf(Rule, StringComparison.Ordinal);
                File.WriteAllText(file, (end < 0 ? text : text[..end]) + foot);
                continue;
            }

            Assert.True(text.EndsWith(foot, StringComparison.Ordinal), $"docs/{pages[i].File} does not end with:{foot}");
        }
    }

    private static List<(string Title, string File)> Listed() =>
    [
        .. DocsPages.Lines(Index).Select(line => Item().Match(line)).Where(m => m.Success)
            .Select(m => (m.Groups[1].Value, m.Groups[2].Value)),
    ];

    [GeneratedRegex(@"^\d+\. \[([^\]]+)\]\(([a-z-]+\.md)\):")]
    private static partial Regex Item();
}
