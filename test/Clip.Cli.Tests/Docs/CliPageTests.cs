using Clip.Cli;

namespace Clip.Cli.Tests.Docs;

/// <summary>
/// docs/cli.md has every command, argument and option of the program, with its range and its default. With CLIP_WRITE_DOCS=1 in the
/// environment the page is written instead of compared.
/// </summary>
public sealed class CliPageTests
{
    private const string Start = "<!-- printed from the program -->\n", End = "\n<!-- end of the printed part -->";

    private static readonly string File = Path.Combine(DocsPages.Root, "docs/cli.md");

    [Fact]
    public void The_page_is_the_programs()
    {
        var page = System.IO.File.ReadAllText(File);
        var (start, end) = (page.IndexOf(Start, StringComparison.Ordinal) + Start.Length, page.IndexOf(End, StringComparison.Ordinal));
        var printed = CliPage.Print(CommandLine.Root());
        if (Environment.GetEnvironmentVariable("CLIP_WRITE_DOCS") == "1")
            System.IO.File.WriteAllText(File, page[..start] + printed + page[end..]);
        else
            Assert.Equal(printed, page[start..end]);
    }

    /// <summary>A user who reads a description has no other page at hand.</summary>
    [Fact]
    public void Everything_is_described_in_a_sentence() => Assert.All(
        CliPage.Commands(CommandLine.Root()).SelectMany(command => command.Command.Options.Where(o => !o.Hidden)
            .Select(o => (o.Name, o.Description))
            .Concat(command.Command.Arguments.Select(a => (a.Name, a.Description)))
            .Append((command.Name, command.Command.Description))
            .Select(told => (command.Name, told.Item1, told.Item2))),
        told => Assert.True(told.Item3?.EndsWith('.') is true, $"{told.Item1} {told.Item2}: '{told.Item3}' is no sentence."));
}
