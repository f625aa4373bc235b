using System.Net;
using Microsoft.AspNetCore.Http;

namespace Clip.Cli.Serving;

/// <summary>
/// Keeps pages of other sites out. One that a browser on this machine shows can send requests to a loopback address: under a name that
/// its owner points there (DNS rebinding), or without reading the answer.
/// </summary>
internal sealed class OriginGuard(RequestDelegate next, bool isLoopback)
{
    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (isLoopback && !IsThisMachine(request.Host.Host))
        {
            return Refusals.AnswerAsync(
                context, StatusCodes.Status421MisdirectedRequest,
                $"The server is known as localhost, and was asked for as '{request.Host.Host}'.");
        }

        if (IsForeign(request))
            return Refusals.AnswerAsync(context, StatusCodes.Status403Forbidden, "Pages of other sites may not use this server.");
        return next(context);
    }

    private static bool IsThisMachine(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    private static bool IsForeign(HttpRequest request)
    {
        if (request.Headers.Origin.ToString() is { Length: > 0 } origin)
        {
            return !Uri.TryCreate(origin, UriKind.Absolute, out var from)
                || !new HostString(from.Authority).Equals(Normal(request.Host, from.Scheme));
        }

        // A link on another page may be followed.
        return request.Headers["Sec-Fetch-Site"] == "cross-site" && request.Headers["Sec-Fetch-Mode"] != "navigate";
    }

    /// <summary>A host as an origin writes it, without the scheme's own port.</summary>
    private static HostString Normal(HostString host, string scheme) =>
        host.Port == (scheme == "https" ? 443 : 80) ? new HostString(host.Host) : host;
}
