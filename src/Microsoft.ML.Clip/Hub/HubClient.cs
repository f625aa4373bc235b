using System.Net;
using System.Net.Http.Headers;
using System.Reflection;
using Polly;
using Polly.Retry;

namespace Microsoft.ML.Clip.Hub;

/// <summary>
/// Sends requests as the hub's clients do: the token to the hub alone, redirects one by one, what fails in passing again.
/// </summary>
internal sealed class HubClient
{
    private const int MostRedirects = 10;
    private const int MostRetries = 5;

    /// <summary>Where nobody answers at all, the user rather hears of it than waits.</summary>
    private const int MostRetriesWithoutConnection = 2;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    // One for all: connections are kept and shared. The proxy is the environment's (HTTPS_PROXY, NO_PROXY), as .NET reads it.
    private static readonly HttpClient Http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(30),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        Timeout = System.Threading.Timeout.InfiniteTimeSpan,
        DefaultRequestHeaders = { UserAgent = { new ProductInfoHeaderValue("Microsoft.ML.Clip", Version) } },
    };

    private readonly ResiliencePipeline _retries;

    public HubClient(HubSettings settings)
    {
        Settings = settings;
        _retries = new ResiliencePipelineBuilder().AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = MostRetries,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = settings.RetryDelay,
            MaxDelay = TimeSpan.FromSeconds(30),
            ShouldHandle = arguments => ValueTask.FromResult(
                arguments.Outcome.Exception is PassingException passing && !(passing.RetryAfter > LongestWait)
                && (passing.IsConnected || arguments.AttemptNumber < MostRetriesWithoutConnection)),
            // Null leaves it to the back-off.
            DelayGenerator = arguments => ValueTask.FromResult((arguments.Outcome.Exception as PassingException)?.RetryAfter),
        }).Build();
    }

    public HubSettings Settings { get; }

    private static string Version =>
        typeof(HubClient).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>Does something with requests in it, again and again while it fails in passing.</summary>
    /// <exception cref="ClipHubException">It still fails, or it fails for good.</exception>
    public async Task RetryAsync(Func<CancellationToken, Task> attempt, CancellationToken cancellationToken)
    {
        try
        {
            await _retries.ExecuteAsync(async token => await attempt(token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }
        catch (PassingException e)
        {
            throw e.Final;
        }
    }

    /// <summary>The whole body of an answer, which is small; and where more of it is (the <c>next</c> of a <c>Link</c> header).</summary>
    public async Task<(byte[] Body, Uri? Next)> GetAsync(HubRequest request, CancellationToken cancellationToken)
    {
        (byte[], Uri?) result = default;
        await RetryAsync(
            async token =>
            {
                using var answer = await SendAsync(request, token).ConfigureAwait(false);
                using var body = new MemoryStream();
                await answer.CopyToAsync((bytes, _) => body.Write(bytes.Span), token).ConfigureAwait(false);
                result = (body.ToArray(), answer.Next);
            },
            cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary>Sends a request once and gives the answer, its body not yet read.</summary>
    /// <exception cref="PassingException">It may succeed another time.</exception>
    /// <exception cref="ClipHubException">It will not.</exception>
    public async Task<HubAnswer> SendAsync(HubRequest request, CancellationToken cancellationToken)
    {
        var address = request.Address;
        var hub = new HubHeaders();
        for (var hop = 0; ; hop++)
        {
            Allow(address, from: hop == 0 ? null : request.Address);
            var response = await SendOneAsync(request, address, cancellationToken).ConfigureAwait(false);
            try
            {
                if (Settings.IsEndpoint(address)) hub.Read(response);
                if (Redirect(response, address) is { } next)
                {
                    var isElsewhere = !Settings.IsEndpoint(next);
                    if (request.Method == HttpMethod.Head && isElsewhere) return new HubAnswer(response, hub, Settings.Timeout);
                    if (hop == MostRedirects)
                    {
                        throw new ClipHubException(
                            ClipHubError.Unreachable,
                            $"{request.Address} is redirected more than {MostRedirects} times, in a circle; check HF_ENDPOINT.");
                    }

                    response.Dispose();
                    address = next;
                    continue;
                }

                if (response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
                    return new HubAnswer(response, hub, Settings.Timeout);
                throw await HubFaults.OfAsync(response, request, address, Settings, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                response.Dispose();
                throw;
            }
        }
    }

    private static Uri? Redirect(HttpResponseMessage response, Uri address) =>
        response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
            or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect
        && response.Headers.Location is { } location ? new Uri(address, location) : null;

    private async Task<HttpResponseMessage> SendOneAsync(HubRequest request, Uri address, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(request.Method, address);
        // What is compressed on the way has another length, and a part of it is no part of the file.
        message.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        if (request.Range is { } range) message.Headers.Range = range;
        if (Settings.Token is { } token && Settings.IsEndpoint(address))
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);

        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(Settings.Timeout);
        try
        {
            return await Http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, late.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw HubFaults.Stalled(address, Settings, e);
        }
        catch (HttpRequestException e)
        {
            throw HubFaults.NoConnection(address, e);
        }
    }

    /// <summary>Plain http, which anyone on the way can change, only on this machine or where it was asked for.</summary>
    private void Allow(Uri address, Uri? from)
    {
        if (address.Scheme == "https" || (address.Scheme == "http" && (Settings.AllowHttp || address.IsLoopback))) return;
        var what = from is null ? $"{address}" : $"{from} is redirected to {address}, which";
        throw new ClipHubException(
            ClipHubError.Unsafe,
            $"{what} is not https, so anyone on the way could change what is downloaded; set HF_ENDPOINT to an https address, or allow "
            + "http with `ClipHubOptions.AllowHttp`.");
    }
}

/// <summary>A request.</summary>
/// <param name="Address">Where to.</param>
/// <param name="What">What is asked for, for messages: a repository, or a file of one.</param>
internal sealed record HubRequest(Uri Address, HubSubject What)
{
    public HttpMethod Method { get; init; } = HttpMethod.Get;

    public RangeHeaderValue? Range { get; init; }
}

/// <summary>What a request is about.</summary>
/// <param name="Repository">The repository; null for an address outside of the hub.</param>
/// <param name="Revision">The branch, tag or commit.</param>
/// <param name="File">The file, or null.</param>
internal sealed record HubSubject(string? Repository, string Revision, string? File = null);

/// <summary>What the hub itself said of a file, before it redirected to its storage.</summary>
internal sealed class HubHeaders
{
    public string? Commit { get; private set; }

    public string? ETag { get; private set; }

    public string? LinkedETag { get; private set; }

    public long? LinkedSize { get; private set; }

    public void Read(HttpResponseMessage response)
    {
        Commit = Value("X-Repo-Commit") ?? Commit;
        LinkedETag = HubFile.Normalize(Value("X-Linked-Etag")) ?? LinkedETag;
        ETag = LinkedETag ?? HubFile.Normalize(Value("ETag")) ?? ETag;
        if (long.TryParse(Value("X-Linked-Size"), out var size)) LinkedSize = size;

        string? Value(string name) => response.Headers.TryGetValues(name, out var values) ? values.First() : null;
    }
}
