using System.CommandLine;
using System.Net;
using System.Text.RegularExpressions;
using Clip.Cli.Reporting;
using Clip.Cli.Tests.Options;

namespace Clip.Cli.Tests.Reporting;

/// <summary>A page of results, for whoever wants one.</summary>
public sealed class ReportOptionTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ReportOption _report = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ItIsWantedWhereItIsGivenAndItsFolderIsMade()
    {
        Assert.False(_report.IsWanted(Parse()));
        Assert.True(_report.IsWanted(Parse("--report", _folder["new/page.html"])));
        Assert.Equal(["new"], _folder.Everything());
    }

    [Fact]
    public void WhereNoPageCanBeWrittenThatIsToldBeforeTheWork()
    {
        _folder.Write("file", "");

        Assert.StartsWith($"--report '{_folder.Path}' is a folder", Refused(_folder.Path), StringComparison.Ordinal);
        Assert.StartsWith("--report '' is a folder", Refused(""), StringComparison.Ordinal);
        var page = _folder["file/page.html"];
        Assert.StartsWith($"--report {page} cannot be written: ", Refused(page), StringComparison.Ordinal);

        string Refused(string path) => Assert.Throws<ClipException>(() => _report.IsWanted(Parse("--report", path))).Message;
    }

    /// <summary>The command as one could type it again, without the folders, which are nobody's business.</summary>
    [Fact]
    public void ItTellsWhatWasRun()
    {
        using var printed = new PrintedHere();
        var path = _folder["page.html"];
        var parsed = Parse("--report", path, "--words", "red car", "it's", "", "$x", "*.png", "plain", "/a/b/model");

        _report.Write(parsed, "A title", [("/a/b/model", "f00d"), ("other", "beef")], [], [], []);

        var text = Regex.Replace(WebUtility.HtmlDecode(File.ReadAllText(path)), "<[^>]+>", " ");
        Assert.Contains("A title", text, StringComparison.Ordinal);
        Assert.Contains(@"--report page.html --words 'red car' 'it'\''s' '' '$x' '*.png' plain model ", text, StringComparison.Ordinal);
        Assert.Matches(@"model\s+fingerprint f00d\s+other\s+fingerprint beef", text);
        Assert.Matches(@"started\s+\d{4}-\d\d-\d\d \d\d:\d\d UTC\s+took\s+00:0\d:\d\d", text);
        Assert.DoesNotContain("/a/b", text, StringComparison.Ordinal);
        Assert.Equal($"Report: {path}\n", printed.Error);
    }

    private ParseResult Parse(params string[] arguments) => new RootCommand
    {
        _report.Option, new Option<string[]>("--words") { AllowMultipleArgumentsPerToken = true },
    }.Parse(arguments);
}
