using System.Text.RegularExpressions;
using Clip.Testing;

namespace Microsoft.ML.Clip.Tests.Docs;

public sealed partial class DocsLinkTests
{
    public static TheoryData<string> Pages() => [.. DocsPages.All()];

    [Theory]
    [MemberData(nameof(Pages))]
    public void LinksLeadToFilesAndHeadingsThatAreThere(string page)
    {
        foreach (var target in Link().Matches(string.Join('\n', DocsPages.Lines(page))).Select(m => m.Groups[1].Value))
        {
            if (target.StartsWith("https://", StringComparison.Ordinal)) continue;
            var (file, heading) = target.Split('#', 2) is [var f, var h] ? (f, h) : (target, null);
            var linked = file.Length == 0
                ? page
                : Path.GetRelativePath(DocsPages.Root, Path.Combine(DocsPages.Root, Path.GetDirectoryName(page)!, file));
            Assert.True(Path.Exists(Path.Combine(DocsPages.Root, linked)), $"{page} links to {target}, which is not there.");
            if (heading is not null) Assert.Contains(heading, DocsPages.Lines(linked).Where(l => l.StartsWith('#')).Select(Anchor));
        }
    }

    /// <summary>GitHub's name for a heading.</summary>
    private static string Anchor(string heading) =>
        NotInAnchor().Replace(heading.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]")]
    private static partial Regex NotInAnchor();
}
