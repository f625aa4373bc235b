using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.ML.Clip.AspNetCore.Requests;
using Microsoft.Net.Http.Headers;

namespace Microsoft.ML.Clip.AspNetCore.Endpoints;

/// <summary>What all endpoints have in common: the headers that keep browsers safe, and errors in OpenAI's form.</summary>
internal static partial class Handler
{
    /// <summary>Nothing from other hosts, no inline scripts, no frames around it.</summary>
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>An endpoint without a body.</summary>
    public static Delegate Of(Func<HttpContext, Task> answer) => (HttpContext context) => RunAsync(context, answer);

    /// <summary>An endpoint with one.</summary>
    public static Delegate WithBody(Func<HttpContext, ReadOnlyMemory<byte>, Task> answer) => (HttpContext context) => RunAsync(
        context, c => c.RequestServices.GetRequiredService<BodyReader>().UseAsync(c, body => answer(c, body)));

    /// <summary>Answers with JSON.</summary>
    public static Task JsonAsync<T>(HttpContext context, T value, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(value, Json.Options, context.RequestAborted);
    }

    private static async Task RunAsync(HttpContext context, Func<HttpContext, Task> answer)
    {
        var headers = context.Response.Headers;
        headers[HeaderNames.ContentSecurityPolicy] = ContentSecurityPolicy;
        headers[HeaderNames.XContentTypeOptions] = "nosniff";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-store";
        try
        {
            await answer(context).ConfigureAwait(false);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone; nobody reads an answer.
        }
        catch (ApiException e)
        {
            if (e.RetryAfter is { } wait) headers.RetryAfter = $"{Math.Ceiling(wait.TotalSeconds):0}";
            await ErrorAsync(context, e.Status, e.Message, e.Parameter, e.Code).ConfigureAwait(false);
        }
        catch (BadHttpRequestException e)
        {
            await ErrorAsync(context, e.StatusCode, e.Message).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            headers.RetryAfter = "1";
            await ErrorAsync(context, StatusCodes.Status503ServiceUnavailable, "The server is stopping.", code: "server_busy")
                .ConfigureAwait(false);
        }
        catch (FileNotFoundException)
        {
            // Its sentence names the server's files, which are no client's business.
            await ErrorAsync(context, StatusCodes.Status501NotImplemented, "The model that is served lacks the tower that this takes.")
                .ConfigureAwait(false);
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            Failed(context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(Handler)), context.Request.Path, e);
            await ErrorAsync(context, StatusCodes.Status500InternalServerError, "The server failed; its log says why.")
                .ConfigureAwait(false);
        }
    }

    private static Task ErrorAsync(HttpContext context, int status, string message, string? parameter = null, string? code = null) =>
        JsonAsync(
            context,
            new ApiError(new(message, status < 500 ? "invalid_request_error" : "server_error", parameter, code)), status);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path} failed.")]
    private static partial void Failed(ILogger logger, PathString path, Exception e);
}

/// <summary>An error as OpenAI's API has it.</summary>
internal sealed record ApiError(ApiErrorBody Error);

/// <summary>What is wrong, of what kind, with which field.</summary>
internal sealed record ApiErrorBody(string Message, string Type, string? Param, string? Code);
