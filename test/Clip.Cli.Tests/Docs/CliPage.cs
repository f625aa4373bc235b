using System.CommandLine;
using System.CommandLine.Completions;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Clip.Cli.Options;

namespace Clip.Cli.Tests.Docs;

/// <summary>What docs/cli.md says of the commands: a section each, with tables of its arguments and options.</summary>
internal static partial class CliPage
{
    /// <summary>The commands that do something, in the program's order, with their full names.</summary>
    public static IEnumerable<(string Name, Command Command)> Commands(Command of, string name = "clip") =>
        of.Subcommands.Where(command => !command.Hidden).SelectMany(command =>
            Commands(command, $"{name} {command.Name}") is var below && command.Action is null
                ? below
                : below.Prepend(($"{name} {command.Name}", command)));

    /// <summary>The printed part of the page.</summary>
    public static string Print(Command root)
    {
        var text = new StringBuilder();
        foreach (var (name, command) in Commands(root))
            text.Append($"- [`{name}`](#{name.Replace(' ', '-')}): {Prose(command.Description)}\n");
        foreach (var (name, command) in Commands(root)) Print(text, name, command);
        return text.ToString();
    }

    private static void Print(StringBuilder text, string name, Command command)
    {
        text.Append($"\n## `{name}`\n\n{Prose(command.Description)}\n\n```text\n{Usage(name, command)}\n```\n");
        var options = command.Options.Where(option => !option.Hidden).ToList();
        if (command.Arguments.Count > 0)
        {
            text.Append("\n| argument | |\n|---|---|\n");
            foreach (var argument in command.Arguments) text.Append($"| `{argument.Name}` | {Prose(argument.Description)} |\n");
        }

        if (options.Count == 0) return;
        text.Append("\n| option | takes | default | |\n|---|---|---|---|\n");
        foreach (var option in options)
            text.Append($"| `{option.Name}` | {Takes(option)} | {Default(option)} | {Prose(option.Description)} |\n");
    }

    private static string Usage(string name, Command command)
    {
        var arguments = command.Arguments.Select(a => (a.Arity.MaximumNumberOfValues, a.Arity.MinimumNumberOfValues) switch
        {
            ( > 1, _) => $"<{a.Name}>...",
            (_, 0) => $"[<{a.Name}>]",
            _ => $"<{a.Name}>",
        });
        var required = command.Options.Where(o => o.Required).Select(o => $"{o.Name} <{o.Name.TrimStart('-')}>");
        var rest = command.Options.Any(o => o is { Required: false, Hidden: false }) ? ["[options]"] : Array.Empty<string>();
        return string.Join(' ', [name, .. arguments, .. required, .. rest]);
    }

    /// <summary>One of several words, a number with its range, or nothing where the description says it.</summary>
    private static string Takes(Option option)
    {
        if (option.ValueType == typeof(bool)) return option.HasDefaultValue && option.GetDefaultValue() is true ? "`true` or `false`" : "";
        var several = option.AllowMultipleArgumentsPerToken ? "one or more: " : "";
        if (Numbers.RangeOf(option) is { } range) return several + range;
        var words = option.GetCompletions(CompletionContext.Empty).Select(word => $"`{word.Label}`").ToList();
        return words.Count > 0 ? several + string.Join(", ", words) : several.Replace(": ", "", StringComparison.Ordinal);
    }

    private static string Default(Option option)
    {
        if (option.Required) return "required";
        return (option.HasDefaultValue ? option.GetDefaultValue() : null) switch
        {
            null or false => "",
            true => "`true`",
            IEnumerable<string> several => $"`{string.Join(' ', several)}`",
            double[] several => $"`{string.Join(' ', several.Select(d => d.ToString(CultureInfo.InvariantCulture)))}`",
            var value => $"`{Convert.ToString(value, CultureInfo.InvariantCulture)}`",
        };
    }

    /// <summary>A description in Markdown: options as code, and no character that would end a cell.</summary>
    private static string Prose(string? description) =>
        OptionName().Replace((description ?? "").Replace("|", "\\|", StringComparison.Ordinal), "`$0`");

    [GeneratedRegex("(?<![A-Za-z0-9`-])--[a-z][a-z0-9-]*")]
    private static partial Regex OptionName();
}
