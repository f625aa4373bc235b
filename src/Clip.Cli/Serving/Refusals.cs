using Microsoft.AspNetCore.Http;

namespace Clip.Cli.Serving;

/// <summary>Answers of the guards, in the form of the API's errors.</summary>
internal static class Refusals
{
    public static Task AnswerAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(
            new { error = new { message, type = "invalid_request_error" } }, context.RequestAborted);
    }
}
