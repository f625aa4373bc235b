using System.CommandLine;
using System.Globalization;
using Clip.Cli.Commands;
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

        var configuration = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            // A cancelled run finishes its step and writes a checkpoint; that may take longer than the two seconds of the default.
            ProcessTerminationTimeout = TimeSpan.FromMinutes(5),
        };
        try
        {
            return await Root().Parse(Reproduction.Expand(args)).InvokeAsync(configuration).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("clip: cancelled").ConfigureAwait(false);
            return 130;
        }
        catch (Exception e) when (Mistake(e) is { } mistake)
        {
            await Console.Error.WriteLineAsync($"clip: {Sentence(mistake)}").ConfigureAwait(false);
            return 1;
        }
    }

    /// <summary>All commands.</summary>
    internal static RootCommand Root() =>
        new("Trains CLIP models, writes them as ONNX model folders and uses those. Start with: clip quickstart")
        {
            QuickstartCommand.Create(),
            QuickstartUseCommand.Create(),
            TrainCommand.Create(),
            ModelsCommand.Create(),
            InterpolateCommand.Create(),
            ExperimentCommand.Create(),
            ConvertCommand.Create(),
            InspectCommand.Create(),
            InitCommand.Create(),
            ExportSafetensorsCommand.Create(),
            ClassifyCommand.Create(),
            CaptionCommand.Create(),
            EvaluateCommand.Create(),
            TokenizerCommand.Create(),
            QuantizeCommand.Create(),
            DataCommand.Create(),
        };

    /// <summary>Makes options refuse numbers below zero, and zero.</summary>
    public static void RequirePositive(params Option[] options) => Require(value => value > 0, "positive", options);

    /// <summary>Makes options refuse numbers below zero.</summary>
    public static void RequireNotNegative(params Option[] options) => Require(value => value >= 0, "0 or more", options);

    private static void Require(Func<double, bool> isGood, string good, Option[] options)
    {
        foreach (var option in options)
        {
            option.Validators.Add(result =>
            {
                // What is no number at all is refused by the option itself.
                if (result.Tokens is [var token] && double.TryParse(token.Value, CultureInfo.InvariantCulture, out var value)
                    && !isGood(value))
                    result.AddError($"{option.Name} must be {good}, and is {token.Value}.");
            });
        }
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
