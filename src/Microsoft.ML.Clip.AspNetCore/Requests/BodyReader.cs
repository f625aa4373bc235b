using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Microsoft.ML.Clip.AspNetCore.Requests;

/// <summary>
/// Reads bodies into memory, never to disk: each within a limit, and all that are held at a time within another, so that many large
/// uploads are refused and not the end of the process.
/// </summary>
internal sealed class BodyReader(ClipServerOptions options)
{
    /// <summary>Bodies held at a time: at least this much, or one of the largest.</summary>
    private const long HeldBytes = 256_000_000;

    private const int FirstBytes = 16 * 1024;

    private readonly long _most = Math.Max(HeldBytes, options.MaxBodyBytes);
    private long _held;

    /// <summary>Reads a request's body and hands it on; it counts as held until <paramref name="use"/> has ended.</summary>
    /// <exception cref="ApiException">It is too large, or too many are held.</exception>
    public async Task UseAsync(HttpContext context, Func<ReadOnlyMemory<byte>, Task> use)
    {
        // What does not say its length may be of any.
        var claimed = context.Request.ContentLength ?? options.MaxBodyBytes;
        if (claimed > options.MaxBodyBytes) throw TooLarge();
        if (Interlocked.Add(ref _held, claimed) > _most)
        {
            Interlocked.Add(ref _held, -claimed);
            throw new ApiException(
                StatusCodes.Status503ServiceUnavailable, "The server is receiving as many uploads as it holds; try again in a second.",
                code: "server_busy") { RetryAfter = TimeSpan.FromSeconds(1) };
        }

        try
        {
            await use(await ReadAsync(context).ConfigureAwait(false)).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Add(ref _held, -claimed);
        }
    }

    private async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = options.MaxBodyBytes;
        var buffer = new byte[context.Request.ContentLength ?? FirstBytes];
        var length = 0;
        while (true)
        {
            // One byte more than is said shows whether there is more.
            if (length == buffer.Length)
            {
                if (length == context.Request.ContentLength) return buffer;
                Array.Resize(ref buffer, (int)Math.Min(2L * length, options.MaxBodyBytes + 1));
            }

            var read = await context.Request.Body.ReadAsync(buffer.AsMemory(length), context.RequestAborted).ConfigureAwait(false);
            if (read == 0) return buffer.AsMemory(0, length);
            length += read;
            if (length > options.MaxBodyBytes) throw TooLarge();
        }
    }

    private ApiException TooLarge() => new(
        StatusCodes.Status413PayloadTooLarge, $"The body is larger than the {options.MaxBodyBytes} bytes that the server takes.");
}
