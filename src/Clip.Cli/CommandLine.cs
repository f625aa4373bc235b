using System.CommandLine;
using Clip.Cli.Options;
using Clip.Cli.Training;
using Clip.Data.Distributed;
using Spectre.Console;

namespace Clip.Cli;

/// <summary>The <c>clip</c> command line: parses, calls, and turns a failure into one sentence and a non-zero exit code.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(string[] args)
    {
        // mpirun has a terminal for each rank, which nobody sees: what they write is gathered, and is no place for a terminal's codes.
        var launched = JobEnvironment.OfThisProcess.IsOneOfSeveral;
        if (launched) Environment.SetEnvironmentVariable("TERM", "dumb");
        // In a file or a pipe a line is a line: folded at Spectre's 80 columns, paths would come apart.
        if (launched || Console.IsOutputRedirected) AnsiConsole.Profile.Width = int.MaxValue;

        // Commands that can be stopped take the signals themselves; see StopSignals.
        var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        try
        {
            var parsed = Root().Parse(Reproduction.Expand(args));
            if (OptionErrors.Sentence(parsed) is not { } mistaken) return await parsed.InvokeAsync(configuration).ConfigureAwait(false);
            await Console.Error.WriteLineAsync($"clip: {mistaken}").ConfigureAwait(false);
            return 1;
        }
        catch (Exception e) when (Failure.Of(e) is { } failure)
        {
            await Console.Error.WriteLineAsync($"clip: {failure.Sentence}").ConfigureAwait(false);
            return failure.ExitCode;
        }
    }

    /// <summary>All commands.</summary>
    internal static RootCommand Root()
    {
        var root = new CommandGroups().Root();
        Numbers.Guard(root);
        return root;
    }
}
