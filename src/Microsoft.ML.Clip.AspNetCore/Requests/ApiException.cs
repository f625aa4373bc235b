using Microsoft.AspNetCore.Http;

namespace Microsoft.ML.Clip.AspNetCore.Requests;

/// <summary>An answer other than the one that was asked for, with the sentence that the client reads.</summary>
internal sealed class ApiException(
    int status, string message, string? parameter = null, string? code = null, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>The HTTP status.</summary>
    public int Status { get; } = status;

    /// <summary>The field of the request that is at fault.</summary>
    public string? Parameter { get; } = parameter;

    /// <summary>A word for programs.</summary>
    public string? Code { get; } = code;

    /// <summary>When it may go well.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public static ApiException BadRequest(string message, string? parameter = null) =>
        new(StatusCodes.Status400BadRequest, message, parameter);

    /// <summary>The message on one line, without the parameter's name that .NET adds for programmers.</summary>
    public static string Sentence(Exception e)
    {
        var message = e is ArgumentException { ParamName: { } name }
            ? e.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal)
            : e.Message;
        return message.ReplaceLineEndings(" ").Trim();
    }
}
