using System.CommandLine;
using Clip.Cli.Options;
using Clip.Cli.Training;
using Spectre.Console;

namespace Clip.Cli;

/// <summary>The <c>clip</c> command line: parses, calls, and turns a failure into one sentence and a non-zero exit code.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(string[] args)
    {
        // In a file or a pipe a line is a line: folded at Spectre's 80 columns, paths would come apart.
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = int.MaxValue;

        // Commands that can be stopped take the signals themselves; see StopSignals.
        var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        try
        {
            var parsed = Root().Parse(Reproduction.Expand(args));
            if (OptionErrors.Sentence(parsed) is not { } mistaken) return await parsed.InvokeAsync(configuration).ConfigureAwait(false);
            await Console.Error.WriteLineAsync($"clip: {mistaken}").ConfigureAwait(false);
            return 1;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("clip: cancelled").ConfigureAwait(false);
            return 130;
        }
        catch (Exception e) when (Mistake(e) is { } mistake)
        {
            await Console.Error.WriteLineAsync($"clip: {Flags.In(Sentence(mistake))}").ConfigureAwait(false);
            return 1;
        }
    }

    /// <summary>All commands.</summary>
    internal static RootCommand Root()
    {
        var root = new CommandGroups().Root();
        Numbers.Guard(root);
        return root;
    }

    /// <summary>
    /// The user's mistake or their file's fault behind an exception, which ML.NET's threads may have wrapped; null for a bug of ours.
    /// </summary>
    private static Exception? Mistake(Exception? e) => e switch
    {
        null or ClipException or IOException or InvalidDataException or ArgumentException or UnauthorizedAccessException or FormatException
            or NotSupportedException => e,
        _ => Mistake(e.InnerException),
    };

    /// <summary>The message on one line, without the parameter's name that .NET adds for programmers.</summary>
    private static string Sentence(Exception e)
    {
        var message = e is ArgumentException { ParamName: { } name }
            ? e.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal)
            : e.Message;
        return string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
    }
}
