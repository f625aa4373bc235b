using System.CommandLine;

namespace Clip.Trainer.Commands;

/// <summary>The <c>clip</c> command line: parses, calls, and turns a failure into one sentence and a non-zero exit code.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("Trains CLIP models, writes them as ONNX model folders and uses those. Start with: clip quickstart")
        {
            QuickstartCommand.Create(),
            QuickstartUseCommand.Create(),
            TrainCommand.Create(),
            ClassifyCommand.Create(),
            EvaluateCommand.Create(),
            TokenizerCommand.Create(),
        };
        var configuration = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            // A cancelled run finishes its step and writes a checkpoint; that may take longer than the two seconds of the default.
            ProcessTerminationTimeout = TimeSpan.FromMinutes(5),
        };
        try
        {
            return await root.Parse(args).InvokeAsync(configuration).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("clip: cancelled").ConfigureAwait(false);
            return 130;
        }
        catch (Exception e) when (e is ClipException or IOException or InvalidDataException or ArgumentException or UnauthorizedAccessException or FormatException)
        {
            await Console.Error.WriteLineAsync($"clip: {e.Message}").ConfigureAwait(false);
            return 1;
        }
    }
}
