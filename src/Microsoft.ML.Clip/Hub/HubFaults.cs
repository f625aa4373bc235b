using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip.Hub;

/// <summary>A fault that another try may not have.</summary>
/// <param name="final">What to throw once there is no other try.</param>
/// <param name="retryAfter">The wait that the server asks for, or null.</param>
/// <param name="isConnected">Whether anyone answered.</param>
internal sealed class PassingException(ClipHubException final, TimeSpan? retryAfter = null, bool isConnected = true)
    : Exception(final.Message, final)
{
    public ClipHubException Final => final;

    public TimeSpan? RetryAfter => retryAfter;

    public bool IsConnected => isConnected;
}

/// <summary>Turns what a server or the network answers into a sentence, by the hub's codes where it gives them.</summary>
internal static partial class HubFaults
{
    public static PassingException Stalled(Uri address, HubSettings settings, Exception inner) => Stalled(address, settings.Timeout, inner);

    public static PassingException Stalled(Uri address, TimeSpan timeout, Exception inner) => new(new ClipHubException(
        ClipHubError.Unreachable,
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Shown(address)} sent nothing for {timeout.TotalSeconds:0.#} s; try again later, what has arrived is kept."),
        inner));

    public static PassingException Broken(Uri address, Exception inner) => new(new ClipHubException(
        ClipHubError.Unreachable,
        $"The connection to {Shown(address)} broke off ({Innermost(inner)}); try again, what has arrived is kept.",
        inner));

    /// <summary>A fault of the connection, before any answer.</summary>
    public static Exception NoConnection(Uri address, HttpRequestException e)
    {
        var isUnreached = e.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
            or HttpRequestError.ProxyTunnelError or HttpRequestError.SecureConnectionError;
        if (!isUnreached) return Broken(address, e);
        var remedy = e.HttpRequestError switch
        {
            HttpRequestError.ProxyTunnelError => "check the proxy in HTTPS_PROXY",
            HttpRequestError.SecureConnectionError => "its certificate is not trusted here, so check the network's proxy",
            _ => "check the network, HF_ENDPOINT and HTTPS_PROXY",
        };
        var final = new ClipHubException(
            ClipHubError.Unreachable, $"{Shown(address)} cannot be reached ({Innermost(e)}); {remedy}.", e);
        return e.HttpRequestError is HttpRequestError.ProxyTunnelError or HttpRequestError.SecureConnectionError
            ? final
            : new PassingException(final, isConnected: false);
    }

    /// <summary>A fault that the server tells.</summary>
    public static async Task<Exception> OfAsync(
        HttpResponseMessage response, HubRequest request, Uri address, HubSettings settings, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        var said = Header(response, "X-Error-Message") ?? await BodyAsync(response, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode is HttpStatusCode.TooManyRequests)
        {
            var wait = RetryAfter(response);
            var when = wait is { } time
                ? string.Create(CultureInfo.InvariantCulture, $"try again in {Math.Ceiling(time.TotalSeconds)} s")
                : "try again later";
            var more = settings.Token is null ? ", or give a token (HF_TOKEN), with which more are allowed" : "";
            return new PassingException(
                new ClipHubException(ClipHubError.RateLimited, $"{Host(address)} has had too many requests; {when}{more}."), wait);
        }

        // What the storage refuses was signed for a time that has passed: the hub signs anew.
        var isStorage = !settings.IsEndpoint(address) && request.What.Repository is not null && status is 400 or 401 or 403 or 404 or 410;
        if (isStorage || status is 408 or 500 or 502 or 503 or 504)
        {
            return new PassingException(
                new ClipHubException(
                    ClipHubError.Unreachable, $"{Shown(address)} answered with a fault, {status}{Quoted(said)}; try again later."),
                RetryAfter(response));
        }

        return request.What.Repository is { } repository
            ? OfHub(Header(response, "X-Error-Code"), status, said, request.What with { Repository = repository }, settings)
            : new ClipHubException(
                status is 404 ? ClipHubError.FileNotFound : ClipHubError.Other, $"{Shown(address)} answered {status}{Quoted(said)}.");
    }

    private static ClipHubException OfHub(string? code, int status, string? said, HubSubject what, HubSettings settings)
    {
        var (repository, hub) = (what.Repository, settings.Endpoint.AbsoluteUri.TrimEnd('/'));
        var isRefusedToken = settings.Token is not null && status == 401 && code is not ("RepoNotFound" or "GatedRepo");
        return (code, status) switch
        {
            ("GatedRepo", _) => new(
                ClipHubError.AccessDenied,
                $"{repository} is gated: accept its conditions at {hub}/{repository}, then give a token of that account, from "
                + $"{hub}/settings/tokens, in HF_TOKEN{(settings.Token is null ? "" : "; the token that was sent has no access yet")}."),
            ("RevisionNotFound", _) => new(
                ClipHubError.RevisionNotFound,
                $"{repository} has no revision '{what.Revision}'; its branches and tags are at {hub}/{repository}/tree/main."),
            ("EntryNotFound", _) when what.File is not null => new(
                ClipHubError.FileNotFound, $"{repository} has no file '{what.File}' at revision '{what.Revision}'."),
            _ when isRefusedToken => new(
                ClipHubError.AccessDenied,
                $"{hub} does not accept the token that was sent; make a new one at {hub}/settings/tokens and set HF_TOKEN to it, or to "
                + "nothing."),
            ("RepoNotFound", _) or (_, 401 or 404) => new(
                ClipHubError.RepositoryNotFound,
                $"There is no model '{repository}' at {hub}, or it is private; check its name"
                + (settings.Token is null
                    ? ", or give a token that has access in HF_TOKEN." : ", or give a token that has access: the one sent has none.")),
            (_, 403) => new(ClipHubError.AccessDenied, $"{hub} denies access to {repository}{Quoted(said)}."),
            _ => new(ClipHubError.Other, $"{hub} answered {status} for {repository}{Quoted(said)}."),
        };
    }

    /// <summary>The wait by <c>Retry-After</c>, or by the newer <c>RateLimit: "api";r=0;t=55</c>.</summary>
    private static TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        TimeSpan? wait = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - DateTimeOffset.UtcNow,
            _ => null,
        };
        if (wait is null && Header(response, "RateLimit") is { } limit && Limit().Match(limit) is { Success: true } match
            && match.Groups[1].Value == "0")
            wait = TimeSpan.FromSeconds(int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? values.First() : null;

    /// <summary>The start of a body that is text and no page.</summary>
    private static async Task<string?> BodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType is not MediaTypeHeaderValue { MediaType: "text/plain" or "application/json" }) return null;
        try
        {
            var text = new byte[200];
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            late.CancelAfter(TimeSpan.FromSeconds(2));
            var length = await body.ReadAtLeastAsync(text, text.Length, throwOnEndOfStream: false, late.Token).ConfigureAwait(false);
            return System.Text.Encoding.UTF8.GetString(text, 0, length).Trim();
        }
        catch (Exception e) when (e is HttpRequestException or IOException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null; // The status tells enough.
        }
    }

    /// <summary>An address without what signs it, which is long, and secret for a while.</summary>
    private static string Shown(Uri address) => address.GetLeftPart(UriPartial.Path);

    private static string Host(Uri address) => address.GetLeftPart(UriPartial.Authority);

    private static string Quoted(string? said) => string.IsNullOrWhiteSpace(said) ? "" : $" ({said.TrimEnd('.')})";

    private static string Innermost(Exception e) => (e.InnerException is { } inner ? Innermost(inner) : e.Message).TrimEnd('.');

    [GeneratedRegex(@"r\s*=\s*(\d{1,9})\s*;\s*t\s*=\s*(\d{1,9})")]
    private static partial Regex Limit();
}
