using System.Net;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip.Hub;

/// <summary>An answer whose body is still to come.</summary>
internal sealed partial class HubAnswer(HttpResponseMessage response, HubHeaders hub, TimeSpan timeout) : IDisposable
{
    private const int BufferSize = 1 << 17;

    public HubHeaders Hub => hub;

    /// <summary>The size of the body, where it is told.</summary>
    public long? Length => response.Content.Headers.ContentLength;

    /// <summary>Whether a part was asked for that begins where the file has ended.</summary>
    public bool IsPastEnd => response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable;

    /// <summary>Where the body starts in the file: not at 0 only if a part was asked for and is given.</summary>
    public long Offset => response.StatusCode == HttpStatusCode.PartialContent ? response.Content.Headers.ContentRange?.From ?? 0 : 0;

    /// <summary>The next page of a list.</summary>
    public Uri? Next => response.Headers.TryGetValues("Link", out var links)
        && links.Select(link => NextLink().Match(link)).FirstOrDefault(match => match.Success) is { } next
        ? new Uri(response.RequestMessage!.RequestUri!, next.Groups[1].Value)
        : null;

    /// <summary>Hands over the body as it comes.</summary>
    /// <exception cref="PassingException">It breaks off, or nothing comes for a while.</exception>
    public async Task CopyToAsync(Action<ReadOnlyMemory<byte>, long> take, CancellationToken cancellationToken)
    {
        var address = response.RequestMessage!.RequestUri!;
        var buffer = new byte[BufferSize];
        long taken = 0;
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            int count;
            late.CancelAfter(timeout);
            try
            {
                count = await body.ReadAsync(buffer, late.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw HubFaults.Stalled(address, timeout, e);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                throw HubFaults.Broken(address, e);
            }

            if (count == 0) return;
            taken += count;
            take(buffer.AsMemory(0, count), taken);
        }
    }

    public void Dispose() => response.Dispose();

    [GeneratedRegex("<([^>]+)>\\s*;[^,]*\\brel=\"?next\"?")]
    private static partial Regex NextLink();
}
