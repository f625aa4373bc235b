namespace Clip.Cli.Options;

/// <summary>What a command that failed tells and returns.</summary>
/// <param name="Sentence">One line.</param>
/// <param name="ExitCode">Not 0.</param>
internal sealed record Failure(string Sentence, int ExitCode)
{
    /// <summary>What an exception comes to; null for a bug of ours.</summary>
    public static Failure? Of(Exception e) => e is OperationCanceledException
        ? new Failure("cancelled", 130)
        : Mistake(e) is { } mistake ? new Failure(Flags.In(OneLine(mistake)), 1) : null;

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
    private static string OneLine(Exception e)
    {
        var message = e is ArgumentException { ParamName: { } name }
            ? e.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal)
            : e.Message;
        return string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
    }
}
