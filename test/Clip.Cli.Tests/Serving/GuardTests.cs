using System.Net;
using System.Net.Http.Json;
using Clip.Cli.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.ML.Clip.Tests.Models;

namespace Clip.Cli.Tests.Serving;

/// <summary>Who may ask <c>clip serve</c>.</summary>
public sealed class GuardTests : IDisposable
{
    private const string Key = "a-key-of-sixteen-or-more";
    private readonly TinyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("127.0.0.1", null, null)]
    [InlineData("localhost", null, null)]
    [InlineData("::1", null, null)]
    [InlineData("0.0.0.0", Key, null)]
    [InlineData("0.0.0.0", null, "give --api-key")]
    [InlineData("::", null, "give --api-key")]
    [InlineData("192.168.0.7", null, "give --api-key")]
    [InlineData("everywhere", Key, "takes an address")]
    public void OtherMachinesNeedAKey(string listen, string? key, string? refused)
    {
        if (refused is null)
        {
            Assert.NotNull(ServeSettings.ParseAddress(listen, key));
            return;
        }

        var e = Assert.Throws<ClipException>(() => ServeSettings.ParseAddress(listen, key));
        Assert.Contains(refused, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("short")]
    [InlineData("")]
    [InlineData("sixteen or more but spaces")]
    public void AKeyIsNoWordThatIsGuessed(string key) => Assert.Throws<ClipException>(() => ServeSettings.ParseKey(key));

    [Fact]
    public async Task ANameThatIsNotThisMachinesIsRefused()
    {
        await using var server = await StartAsync();
        using var client = Client(server);
        foreach (var (host, expected) in new[]
        {
            ("localhost", HttpStatusCode.OK), ("127.0.0.1", HttpStatusCode.OK), ("[::1]", HttpStatusCode.OK),
            ("rebound.example", HttpStatusCode.MisdirectedRequest), ("localhost.rebound.example", HttpStatusCode.MisdirectedRequest),
        })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "info") { Headers = { Host = host } };
            using var response = await client.SendAsync(request);
            Assert.Equal(expected, response.StatusCode);
        }
    }

    [Theory]
    [InlineData("Origin", "https://elsewhere.example", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "null", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "http://127.0.0.1:1", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "cross-site", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-origin", HttpStatusCode.OK)]
    public async Task PagesOfOtherSitesAreRefused(string header, string value, HttpStatusCode expected)
    {
        await using var server = await StartAsync();
        using var client = Client(server);
        using var request = new HttpRequestMessage(HttpMethod.Get, "info") { Headers = { { header, value } } };
        using var response = await client.SendAsync(request);
        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task TheServersOwnPageIsNot()
    {
        await using var server = await StartAsync();
        using var client = Client(server);
        using var request = new HttpRequestMessage(HttpMethod.Get, "info") { Headers = { { "Origin", server.Urls.First() } } };
        using var response = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task WithAKeyAllButThePageAndTheSignOfLifeNeedsIt()
    {
        await using var server = await StartAsync(Key);
        using var client = Client(server);
        foreach (var path in new[] { "", "healthz", "page/app.js" })
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(path)).StatusCode);
        foreach (var path in new[] { "info", "v1/models", "metrics", "openapi.json", "search?q=red", "pictures/x" })
            Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync(path)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.PostAsJsonAsync("v1/embeddings", new { input = "red" })).StatusCode);

        client.DefaultRequestHeaders.Authorization = new("Bearer", Key + "x");
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("info")).StatusCode);
        client.DefaultRequestHeaders.Authorization = new("Bearer", Key);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("info")).StatusCode);
    }

    [Fact]
    public async Task ThePageIsGivenACookieForTheKey()
    {
        await using var server = await StartAsync(Key);
        using var client = Client(server);
        using (var wrong = new HttpRequestMessage(HttpMethod.Post, "sign-in") { Headers = { Authorization = new("Bearer", "wrong") } })
            Assert.Equal(HttpStatusCode.Unauthorized, (await client.SendAsync(wrong)).StatusCode);
        using var right = new HttpRequestMessage(HttpMethod.Post, "sign-in") { Headers = { Authorization = new("Bearer", Key) } };
        using var response = await client.SendAsync(right);
        var cookie = response.Headers.GetValues("Set-Cookie").Single();
        Assert.DoesNotContain(Key, cookie, StringComparison.Ordinal);
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("info")).StatusCode); // the client keeps cookies
    }

    /// <summary>Without pictures to search there is nothing for assistants, and the server does not tell what it is made with.</summary>
    [Fact]
    public async Task WithoutAnIndexThereAreNoTools()
    {
        await using var server = await StartAsync();
        using var client = Client(server);
        Assert.Equal(HttpStatusCode.NotFound, (await client.PostAsJsonAsync("mcp", new { jsonrpc = "2.0" })).StatusCode);
        using var info = await client.GetAsync("info");
        Assert.Empty(info.Headers.Server);
        Assert.Contains("colors", await info.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task MetricsTellOfTheQueuesAndTheRequests()
    {
        await using var server = await StartAsync();
        using var client = Client(server);
        using (var response = await client.PostAsJsonAsync("v1/embeddings", new { input = new[] { "red", "blue" } }))
            response.EnsureSuccessStatusCode();
        var metrics = await client.GetStringAsync("metrics");
        Assert.Matches(@"(?m)^clip_server_inputs_total\{[^}]*clip_tower=""text""[^}]*\} 2(\s|$)", metrics);
        Assert.Contains("clip_server_batch_size_bucket", metrics, StringComparison.Ordinal);
        Assert.Contains("http_server_request_duration_seconds_bucket", metrics, StringComparison.Ordinal);
    }

    private async Task<WebApplication> StartAsync(string? key = null)
    {
        var server = ServerApplication.Build(new ServeSettings(_folder.Path, "colors", IPAddress.Loopback, 0) { ApiKey = key });
        await server.StartAsync();
        return server;
    }

    private static HttpClient Client(WebApplication server) => new() { BaseAddress = new Uri(server.Urls.First()) };
}
