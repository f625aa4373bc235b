using System.CommandLine;
using System.CommandLine.Invocation;

namespace Clip.Cli.Options;

/// <summary>What is wrong with a command's words, on one line.</summary>
internal static class OptionErrors
{
    /// <summary>The errors, what System.CommandLine thinks was meant, and where the help is.</summary>
    public static string Sentence(ParseResult parsed, ParseErrorAction action)
    {
        // What is not known stands first, for the values behind it are not known either.
        var messages = parsed.Errors.Select(error => OneLine(error.Message)).Distinct().ToList();
        if (parsed.UnmatchedTokens.Count > 0) messages = [.. messages.Where(m => m.Contains(Quoted(parsed.UnmatchedTokens[0]))).Take(1)];
        return string.Join(' ', [.. messages, .. Suggestion(parsed, action), $"See '{Path(parsed)} --help'."]);
    }

    private static IEnumerable<string> Suggestion(ParseResult parsed, ParseErrorAction action)
    {
        if (parsed.UnmatchedTokens.Count == 0) yield break;
        // It keeps its suggestions to itself, but for what it prints: a question, and a line for each.
        using var printed = new StringWriter();
        action.ShowHelp = false;
        parsed.InvocationConfiguration.Output = printed;
        parsed.InvocationConfiguration.Error = TextWriter.Null;
        action.Invoke(parsed);
        var lines = printed.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var question = Array.FindIndex(lines, line => line.StartsWith(Quoted(parsed.UnmatchedTokens[0]), StringComparison.Ordinal));
        if (question < 0) yield break;
        var meant = lines.Skip(question + 1).TakeWhile(line => !line.StartsWith('\'')).ToList();
        if (meant.Count > 0) yield return $"Did you mean {string.Join(" or ", meant)}?";
    }

    /// <summary>A choice is told with an alternative on each line.</summary>
    private static string OneLine(string message)
    {
        var lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return $"{lines[0]} {string.Join(", ", lines.Skip(1))}".TrimEnd(' ', '.') + ".";
    }

    private static string Quoted(string word) => $"'{word}'";

    /// <summary>The command as it was called: its own name behind those of the ones above it.</summary>
    private static string Path(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (var result = parsed.CommandResult; result is not null; result = result.Parent as System.CommandLine.Parsing.CommandResult)
            names.Push(result.Parent is null ? "clip" : result.Command.Name);
        return string.Join(' ', names);
    }
}
