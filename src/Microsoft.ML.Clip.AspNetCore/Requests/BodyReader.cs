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
        if (context.Request.ContentLength > options.MaxBodyBytes) throw TooLarge();
        var held = new Held(this);
        try
        {
            await use(await ReadAsync(context, held).ConfigureAwait(false)).ConfigureAwait(false);
        }
        finally
        {
            held.Release();
        }
    }

    private async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext context, Held held)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = options.MaxBodyBytes;
        // What does not say its length, as .NET's own client does not for JSON, is counted as it comes.
        var buffer = new byte[held.Take((int)(context.Request.ContentLength ?? FirstBytes))];
        var length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                if (length == context.Request.ContentLength) return buffer;
                // One byte more than is allowed shows whether there is more.
                var larger = (int)Math.Min(2L * length + 1, options.MaxBodyBytes + 1);
                held.Take(larger - length);
                Array.Resize(ref buffer, larger);
            }

            var read = await context.Request.Body.ReadAsync(buffer.AsMemory(length), context.RequestAborted).ConfigureAwait(false);
            if (read == 0) return buffer.AsMemory(0, length);
            length += read;
            if (length > options.MaxBodyBytes) throw TooLarge();
        }
    }

    private ApiException TooLarge() => new(
        StatusCodes.Status413PayloadTooLarge, $"The body is larger than the {options.MaxBodyBytes} bytes that the server takes.");

    /// <summary>What one request holds.</summary>
    private sealed class Held(BodyReader reader)
    {
        private long _bytes;

        /// <exception cref="ApiException">All requests together hold too much.</exception>
        public int Take(int bytes)
        {
            _bytes += bytes;
            if (Interlocked.Add(ref reader._held, bytes) <= reader._most) return bytes;
            throw new ApiException(
                StatusCodes.Status503ServiceUnavailable, "The server is receiving as many uploads as it holds; try again in a second.",
                code: "server_busy")
            { RetryAfter = TimeSpan.FromSeconds(1) };
        }

        public void Release() => Interlocked.Add(ref reader._held, -_bytes);
    }
}
