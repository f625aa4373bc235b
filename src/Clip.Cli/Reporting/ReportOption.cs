using System.CommandLine;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Clip.Evaluation.Report;
using Clip.Evaluation.Results;
using Clip.Trainer.Reporting;
using Clip.Trainer.Training;

namespace Clip.Cli.Reporting;

/// <summary><c>--report PAGE</c>: results as a page to look at.</summary>
internal sealed class ReportOption
{
    private readonly DateTimeOffset _started = DateTimeOffset.UtcNow;

    /// <summary>For the command's list of options.</summary>
    public Option<string?> Option { get; } = new("--report")
    {
        Description = "Writes a page to look at, one file with pictures and all: report.html.",
        HelpName = "page.html",
    };

    /// <summary>Whether a page is wanted; where it could not be written, that is said before the work begins.</summary>
    /// <exception cref="ClipException">It would replace a folder, or its folder cannot be made.</exception>
    public bool IsWanted(ParseResult parsed)
    {
        if (parsed.GetValue(Option) is not { } path) return false;
        if (path.Length == 0 || Directory.Exists(path))
            throw new ClipException($"--report '{path}' is a folder; name a file in it, such as report.html.");
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ClipException($"--report {path} cannot be written: {e.Message}; name a file elsewhere.", e);
        }

        return true;
    }

    /// <summary>Writes the page, and says so on the error stream, for the other one may be read by a program.</summary>
    /// <param name="parsed">The command.</param>
    /// <param name="title">The page's.</param>
    /// <param name="models">Names and fingerprints.</param>
    /// <param name="sets">Labeled sets.</param>
    /// <param name="retrievals">Captioned sets.</param>
    /// <param name="published">Results of others.</param>
    public void Write(
        ParseResult parsed, string title, IReadOnlyList<(string Name, string Fingerprint)> models, IReadOnlyList<ReportedSet> sets,
        IReadOnlyList<ReportedRetrieval> retrievals, IReadOnlyList<PublishedResult> published)
    {
        var path = parsed.GetValue(Option)!;
        var data = new ReportData(
            title, $"clip {parsed.CommandResult.Command.Name}", [.. models.Select(model => PageWords.WithoutFolders(model.Name))], sets,
            retrievals, [.. Facts(parsed, models, sets, retrievals)])
        {
            Published = published,
        };
        ReportPage.Write(path, data);
        Console.Error.WriteLine($"Report: {path}");
    }

    private IEnumerable<ReportedFacts> Facts(
        ParseResult parsed, IReadOnlyList<(string Name, string Fingerprint)> models, IReadOnlyList<ReportedSet> sets,
        IReadOnlyList<ReportedRetrieval> retrievals)
    {
        var version = typeof(ReportOption).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        yield return new(
            "Command",
            [
                ("command", $"clip {string.Join(' ', parsed.Tokens.Select(token => Quoted(PageWords.WithoutFolders(token.Value))))}"),
                ("started", _started.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)),
                ("took", Duration.Of(DateTimeOffset.UtcNow - _started)),
            ]);
        yield return new(
            "Versions",
            [
                ("clip", version), (".NET", Environment.Version.ToString()), ("system", RuntimeInformation.OSDescription),
                ("processors", $"{Environment.ProcessorCount} × {RuntimeInformation.ProcessArchitecture}"),
            ]);
        yield return new("Models", [.. models.Select(model => (PageWords.WithoutFolders(model.Name), $"fingerprint {model.Fingerprint}"))]);
        yield return new(
            "Data",
            [
                .. sets.Select(set => (
                    set.Name, $"{set.Pictures.Count} pictures, {set.Labels.Count} labels, fingerprint {set.Fingerprint}")),
                .. retrievals.GroupBy(set => set.Name).Select(same => same.First()).Select(set => (
                    set.Name, $"{set.Pictures.Count} pictures, {set.Texts.Count} captions, fingerprint {set.Fingerprint}")),
            ]);
    }

    private static string Quoted(string word) => word.Any(c => char.IsWhiteSpace(c) || c is '"' or '\'' or '$' or '*') || word.Length == 0
        ? $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'"
        : word;
}
