namespace Clip.Testing;

/// <summary>A fenced block of a page.</summary>
/// <param name="Page">The page, relative to the repository.</param>
/// <param name="Line">The line of the block's first line in it, from 1.</param>
/// <param name="Text">What stands between the fences.</param>
internal sealed record DocsBlock(string Page, int Line, string Text);

/// <summary>The pages a reader finds: the readmes, the packages' and the benchmarks' among them, and everything in <c>docs/</c>.</summary>
internal static class DocsPages
{
    public static string Root { get; } = FindRoot();

    /// <summary>The pages, relative to the repository.</summary>
    public static IEnumerable<string> All() =>
    [
        "README.md", "CHANGELOG.md", "THIRD-PARTY-NOTICES.md", "SECURITY.md", "bench/README.md",
        "samples/README.md",
        .. Directory.EnumerateFiles(Path.Combine(Root, "src"), "README.md", SearchOption.AllDirectories)
            .Select(p => Path.GetRelativePath(Root, p).Replace('\\', '/'))
            .Where(p => p.Count(c => c == '/') == 2)
            .Order(StringComparer.Ordinal),
        .. Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md")
            .Select(p => $"docs/{Path.GetFileName(p)}")
            .Order(StringComparer.Ordinal),
    ];

    public static string[] Lines(string page) => File.ReadAllLines(Path.Combine(Root, page));

    /// <summary>The blocks of a page that are fenced as <paramref name="language"/>.</summary>
    public static IEnumerable<DocsBlock> Blocks(string page, string language)
    {
        var lines = Lines(page);
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith("```", StringComparison.Ordinal)) continue;
            var start = i + 1;
            var end = Array.FindIndex(lines, start, line => line == "```");
            Assert.True(end > 0, $"{page}({start}): the block is not closed by a line of three backticks.");
            if (lines[i] == $"```{language}") yield return new(page, start + 1, string.Join('\n', lines[start..end]));
            i = end;
        }
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "ClipMlNet.sln")))
            folder = folder.Parent
                ?? throw new InvalidOperationException("The tests do not lie in the repository, and so find no documentation.");
        return folder.FullName;
    }
}
