using System.Net;
using System.Text.Json.Nodes;
using Clip.Cli.Serving;
using Microsoft.AspNetCore.Http;

namespace Clip.Cli.Tests.Serving;

/// <summary>Which pages may use a server, rule by rule.</summary>
public sealed class OriginGuardTests
{
    [Theory]
    [InlineData("localhost:8080", HttpStatusCode.OK)]
    [InlineData("LOCALHOST", HttpStatusCode.OK)]
    [InlineData("127.8.8.8:8080", HttpStatusCode.OK)]
    [InlineData("[::1]:8080", HttpStatusCode.OK)]
    [InlineData("192.168.0.7:8080", HttpStatusCode.MisdirectedRequest)]
    [InlineData("mylocalhost", HttpStatusCode.MisdirectedRequest)]
    [InlineData("", HttpStatusCode.MisdirectedRequest)]
    public async Task AServerOfThisMachineIsCalledSo(string host, HttpStatusCode expected) =>
        Assert.Equal(expected, await AskAsync(host));

    /// <summary>Others have to ask for it by whatever name it has.</summary>
    [Theory]
    [InlineData("192.168.0.7:8080")]
    [InlineData("photos.example")]
    public async Task AServerForOtherMachinesHasAnyName(string host) =>
        Assert.Equal(HttpStatusCode.OK, await AskAsync(host, isLoopback: false));

    [Theory]
    [InlineData("photos.example", "http://photos.example", HttpStatusCode.OK)]
    [InlineData("photos.example:80", "http://photos.example", HttpStatusCode.OK)]
    [InlineData("photos.example:443", "https://photos.example", HttpStatusCode.OK)]
    [InlineData("photos.example:8080", "http://photos.example:8080", HttpStatusCode.OK)]
    [InlineData("photos.example:443", "http://photos.example", HttpStatusCode.Forbidden)]
    [InlineData("photos.example:8080", "http://photos.example", HttpStatusCode.Forbidden)]
    [InlineData("photos.example", "http://other.example", HttpStatusCode.Forbidden)]
    [InlineData("photos.example", "null", HttpStatusCode.Forbidden)]
    public async Task APageIsTheServersOwnByItsHostAndPort(string host, string origin, HttpStatusCode expected) =>
        Assert.Equal(expected, await AskAsync(host, isLoopback: false, ("Origin", origin)));

    /// <summary>A link on another page may be followed.</summary>
    [Theory]
    [InlineData("cross-site", "navigate", HttpStatusCode.OK)]
    [InlineData("cross-site", "no-cors", HttpStatusCode.Forbidden)]
    [InlineData("same-site", "no-cors", HttpStatusCode.OK)]
    [InlineData("none", "navigate", HttpStatusCode.OK)]
    public async Task WithoutAnOriginTheBrowserTellsWhereARequestComesFrom(string site, string mode, HttpStatusCode expected) =>
        Assert.Equal(expected, await AskAsync("localhost", isLoopback: true, ("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode)));

    [Fact]
    public async Task ARefusalHasTheFormOfTheApisErrors()
    {
        var context = new DefaultHttpContext();
        using var body = new MemoryStream();
        context.Response.Body = body;

        await Refusals.AnswerAsync(context, StatusCodes.Status403Forbidden, "No.");

        Assert.Equal(403, context.Response.StatusCode);
        Assert.Equal(
            """{"error":{"message":"No.","type":"invalid_request_error"}}""", JsonNode.Parse(body.ToArray())!.ToJsonString());
    }

    private static async Task<HttpStatusCode> AskAsync(string host, bool isLoopback = true, params (string Name, string Value)[] headers)
    {
        var context = new DefaultHttpContext();
        context.Request.Host = new HostString(host);
        foreach (var (name, value) in headers) context.Request.Headers[name] = value;
        var passed = false;
        var guard = new OriginGuard(_ =>
        {
            passed = true;
            return Task.CompletedTask;
        }, isLoopback);

        await guard.InvokeAsync(context);

        Assert.Equal(passed, context.Response.StatusCode == 200);
        return (HttpStatusCode)context.Response.StatusCode;
    }
}
