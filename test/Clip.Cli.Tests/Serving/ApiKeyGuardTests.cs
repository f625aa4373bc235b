using System.Net;
using Clip.Cli.Serving;
using Microsoft.AspNetCore.Http;

namespace Clip.Cli.Tests.Serving;

/// <summary>Who is let in with a key, rule by rule.</summary>
public sealed class ApiKeyGuardTests
{
    private const string Key = "a-key-of-sixteen-or-more";

    [Theory]
    [InlineData("GET", "/", HttpStatusCode.OK)]
    [InlineData("GET", "/healthz", HttpStatusCode.OK)]
    [InlineData("GET", "/page", HttpStatusCode.OK)]
    [InlineData("GET", "/page/app.js", HttpStatusCode.OK)]
    [InlineData("GET", "/pages", HttpStatusCode.Unauthorized)]
    [InlineData("GET", "/Page/app.js", HttpStatusCode.Unauthorized)]
    [InlineData("GET", "/healthz/x", HttpStatusCode.Unauthorized)]
    [InlineData("POST", "/", HttpStatusCode.Unauthorized)]
    [InlineData("POST", "/healthz", HttpStatusCode.Unauthorized)]
    [InlineData("DELETE", "/page", HttpStatusCode.Unauthorized)]
    [InlineData("GET", "/sign-in", HttpStatusCode.Unauthorized)]
    [InlineData("GET", "/mcp", HttpStatusCode.Unauthorized)]
    public async Task ThePageAndTheSignOfLifeAreReadWithoutAKey(string method, string path, HttpStatusCode expected) =>
        Assert.Equal(expected, (HttpStatusCode)(await AskAsync(method, path)).StatusCode);

    [Theory]
    [InlineData($"Bearer {Key}", HttpStatusCode.OK)]
    [InlineData($"bearer {Key}", HttpStatusCode.OK)]
    [InlineData($"Bearer  {Key} ", HttpStatusCode.OK)]
    [InlineData(Key, HttpStatusCode.Unauthorized)]
    [InlineData($"Basic {Key}", HttpStatusCode.Unauthorized)]
    [InlineData("Bearer A-KEY-OF-SIXTEEN-OR-MORE", HttpStatusCode.Unauthorized)]
    [InlineData($"Bearer {Key}x", HttpStatusCode.Unauthorized)]
    [InlineData("Bearer a-key-of-sixteen-or-mor", HttpStatusCode.Unauthorized)]
    [InlineData("Bearer ", HttpStatusCode.Unauthorized)]
    [InlineData("", HttpStatusCode.Unauthorized)]
    public async Task TheKeyIsBroughtAsABearers(string authorization, HttpStatusCode expected) =>
        Assert.Equal(expected, (HttpStatusCode)(await AskAsync("GET", "/info", authorization)).StatusCode);

    [Fact]
    public async Task WhoBringsNoneIsToldHow() =>
        Assert.Equal("Bearer", (await AskAsync("GET", "/info")).Headers.WWWAuthenticate.ToString());

    [Fact]
    public async Task ACookieOfAnotherKeyIsWorthNothing()
    {
        var signedIn = await AskAsync("POST", "/sign-in", $"Bearer {Key}");
        var cookie = signedIn.Headers.SetCookie.ToString().Split(';')[0];

        Assert.Equal(204, signedIn.StatusCode);
        Assert.StartsWith("clip-key=", cookie, StringComparison.Ordinal);
        Assert.Equal(200, (await AskAsync("GET", "/info", cookie: cookie)).StatusCode);
        Assert.Equal(401, (await AskAsync("GET", "/info", cookie: cookie[..^1])).StatusCode);
        Assert.Equal(401, (await AskAsync("GET", "/info", cookie: cookie, key: "another-key-of-sixteen")).StatusCode);
        Assert.Equal(401, (await AskAsync("POST", "/sign-in")).StatusCode);
    }

    /// <summary>Over https alone where it was given over https; everywhere on the server, and for no script.</summary>
    [Theory]
    [InlineData("http", false)]
    [InlineData("https", true)]
    public async Task TheCookieStaysWhereItWasGiven(string scheme, bool isSecure)
    {
        var cookie = (await AskAsync("POST", "/sign-in", $"Bearer {Key}", scheme: scheme)).Headers.SetCookie.ToString();

        Assert.Equal(isSecure, cookie.Contains("secure", StringComparison.OrdinalIgnoreCase));
        Assert.Contains("path=/;", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("sixteen-letters!", true)]
    [InlineData("fifteen-letters", false)]
    [InlineData("sixteen letters.", false)]
    [InlineData("sixteen-letters~", true)]
    [InlineData("sixteen-letterß~", false)]
    public void AKeyHasSixteenLettersAndNoBlanks(string key, bool isOne)
    {
        if (isOne) Assert.Equal(key, ServeSettings.ParseKey(key));
        else Assert.Throws<ClipException>(() => ServeSettings.ParseKey(key));
    }

    private static async Task<HttpResponse> AskAsync(
        string method, string path, string? authorization = null, string? cookie = null, string key = Key, string scheme = "http")
    {
        var context = new DefaultHttpContext();
        (context.Request.Method, context.Request.Path, context.Request.Scheme) = (method, path, scheme);
        if (authorization is not null) context.Request.Headers.Authorization = authorization;
        if (cookie is not null) context.Request.Headers.Cookie = cookie;
        await new ApiKeyGuard(_ => Task.CompletedTask, key).InvokeAsync(context);
        return context.Response;
    }
}
