using System.Text.RegularExpressions;
using Clip.Testing;

namespace Microsoft.ML.Clip.Tests.Docs;

/// <summary>The errors on the page of troubles are ones that the sources have.</summary>
public sealed partial class TroubleshootingTests
{
    private static readonly Lazy<string> Sources = new(() => string.Concat(
        Directory.EnumerateFiles(Path.Combine(DocsPages.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Select(file => Continued().Replace(File.ReadAllText(file), ""))));

    public static TheoryData<string> Errors =>
    [
        .. DocsPages.Lines("docs/troubleshooting.md").Select(line => Row().Match(line)).Where(m => m.Success)
            .Select(m => m.Groups[1].Value),
    ];

    [Theory]
    [MemberData(nameof(Errors))]
    public void The_error_is_in_the_sources(string error) =>
        Assert.All(error.Split('…'), part => Assert.Contains(part, Sources.Value, StringComparison.Ordinal));

    [GeneratedRegex(@"^\| `([^`]+)` \|")]
    private static partial Regex Row();

    /// <summary>A sentence that goes on in the next line's literal.</summary>
    [GeneratedRegex("\"\\)?\\s*\\+\\s*\\$?\"")]
    private static partial Regex Continued();
}
