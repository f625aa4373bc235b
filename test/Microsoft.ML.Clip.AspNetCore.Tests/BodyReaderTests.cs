using Microsoft.AspNetCore.Http;
using Microsoft.ML.Clip.AspNetCore.Requests;

namespace Microsoft.ML.Clip.AspNetCore.Tests;

/// <summary>Limits of bodies, by a server that has none of its own.</summary>
public sealed class BodyReaderTests
{
    private readonly BodyReader _reader = new(new ClipServerOptions { MaxBodyBytes = 1000 });

    [Theory]
    [InlineData(1001, true)]
    [InlineData(1001, false)]
    [InlineData(50_000, false)]
    public async Task ABodyAboveTheLimitIsRefused(int length, bool saysSo)
    {
        var refused = await Assert.ThrowsAsync<ApiException>(() => ReadAsync(length, saysSo));

        Assert.Equal((413, "The body is larger than the 1000 bytes that the server takes."), (refused.Status, refused.Message));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(0, false)]
    [InlineData(1000, true)]
    [InlineData(1000, false)]
    public async Task ABodyUpToItIsReadAsItIs(int length, bool saysSo) => Assert.Equal(Body(length), await ReadAsync(length, saysSo));

    private static byte[] Body(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)i)];

    private async Task<byte[]?> ReadAsync(int length, bool saysSo)
    {
        var context = new DefaultHttpContext();
        context.Request.Body = new MemoryStream(Body(length));
        if (saysSo) context.Request.ContentLength = length;
        byte[]? read = null;
        await _reader.UseAsync(context, body =>
        {
            read = body.ToArray();
            return Task.CompletedTask;
        });
        return read;
    }
}
