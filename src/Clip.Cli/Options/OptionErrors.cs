using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace Clip.Cli.Options;

/// <summary>What is wrong with a command's words, on one line.</summary>
internal static partial class OptionErrors
{
    /// <summary>The errors, what may have been meant, and where the help is; null where nothing is wrong.</summary>
    public static string? Sentence(ParseResult parsed)
    {
        var isError = parsed.Action is ParseErrorAction;
        // Help, the version and completions are given whatever stands beside them.
        if (!isError && parsed.Action != parsed.CommandResult.Command.Action) return null;
        // What is not known stands first, for the values behind it are not known either.
        var swallowed = Swallowed(parsed);
        var unknown = parsed.UnmatchedTokens is [var first, ..] ? first : swallowed?.Word;
        if (!isError && unknown is null) return null;
        var messages = swallowed is (var word, OptionResult option) && IsKnown(parsed, word)
            ? [$"{option.Option.Name} needs a value before '{word}'."]
            : unknown is null ? parsed.Errors.Select(error => OneLine(error.Message)).Distinct()
            : Suggestion(parsed, unknown).Prepend($"Unrecognized {Kind(unknown)} '{unknown}'.");
        return string.Join(' ', [.. messages, $"See '{Path(parsed)} --help'."]);
    }

    /// <summary>
    /// What looks like an option and would be taken for a picture, a label or another value. A file of such a name is <c>./--name</c>, or
    /// stands behind <c>--</c>.
    /// </summary>
    private static (string Word, SymbolResult By)? Swallowed(ParseResult parsed)
    {
        var literal = parsed.Tokens.SkipWhile(token => token.Type != TokenType.DoubleDash).ToList();
        // Several values end where an option begins; a single one may be anything but that.
        var found =
            from child in parsed.CommandResult.Children
            let isSeveral = child is ArgumentResult or OptionResult { Option.AllowMultipleArgumentsPerToken: true }
            from token in child.Tokens
            where isSeveral || token.Value.StartsWith("--", StringComparison.Ordinal)
            where OptionLike().IsMatch(token.Value) && !literal.Contains(token)
            select ((string, SymbolResult)?)(token.Value, child);
        return found.FirstOrDefault();
    }

    private static string Kind(string word) => OptionLike().IsMatch(word) ? "option" : "command or argument";

    private static IEnumerable<string> Suggestion(ParseResult parsed, string unknown)
    {
        var known = parsed.CommandResult.Command.Subcommands.Concat<Symbol>(OptionsOf(parsed)).Where(symbol => !symbol.Hidden);
        var meant = NearestWords.Of(unknown.Split('=')[0], known.Select(symbol => symbol.Name));
        if (meant.Count > 0) yield return $"Did you mean {string.Join(" or ", meant)}?";
    }

    private static bool IsKnown(ParseResult parsed, string word) =>
        OptionsOf(parsed).Any(option => option.Name == word || option.Aliases.Contains(word));

    /// <summary>The command's own options, and those that it has of the commands above it.</summary>
    private static IEnumerable<Option> OptionsOf(ParseResult parsed)
    {
        var own = parsed.CommandResult.Command;
        for (var above = own; above is not null; above = above.Parents.OfType<Command>().FirstOrDefault())
        {
            foreach (var option in above.Options.Where(option => above == own || option.Recursive)) yield return option;
        }
    }

    /// <summary>A choice is told with an alternative on each line.</summary>
    private static string OneLine(string message)
    {
        var lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return $"{lines[0]} {string.Join(", ", lines.Skip(1))}".TrimEnd(' ', '.') + ".";
    }

    /// <summary>The command as it was called: its own name behind those of the ones above it.</summary>
    private static string Path(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (var result = parsed.CommandResult; result is not null; result = result.Parent as CommandResult)
            names.Push(result.Parent is null ? "clip" : result.Command.Name);
        return string.Join(' ', names);
    }

    [GeneratedRegex("^--?[A-Za-z]")]
    private static partial Regex OptionLike();
}
