using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Clip.Cli.Serving;

/// <summary>
/// Asks for the key: programs bring it as <c>Authorization: Bearer</c>, the page as a cookie that it is given for it. Open are the page's
/// own files, which hold nothing of anybody's, and the sign of life.
/// </summary>
internal sealed class ApiKeyGuard(RequestDelegate next, string key)
{
    /// <summary>Where the page brings the key.</summary>
    public const string SignIn = "/sign-in";

    private const string Bearer = "Bearer ";
    private const string Cookie = "clip-key";

    private readonly byte[] _hash = SHA256.HashData(Encoding.UTF8.GetBytes(key));

    /// <summary>Tells that the holder knew the key, without telling the key.</summary>
    private readonly string _token = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), "the page's cookie"u8));

    public async Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.Path == SignIn && HttpMethods.IsPost(request.Method))
        {
            await SignInAsync(context).ConfigureAwait(false);
            return;
        }

        if (IsOpen(request) || Has(request))
        {
            await next(context).ConfigureAwait(false);
            return;
        }

        context.Response.Headers.WWWAuthenticate = "Bearer";
        await Refusals.AnswerAsync(context, StatusCodes.Status401Unauthorized, "Bring the server's key, as Authorization: Bearer KEY.")
            .ConfigureAwait(false);
    }

    private static bool IsOpen(HttpRequest request) => HttpMethods.IsGet(request.Method)
        && (request.Path == "/" || request.Path == "/healthz" || request.Path.StartsWithSegments("/page", StringComparison.Ordinal));

    private bool Has(HttpRequest request)
    {
        var authorization = request.Headers.Authorization.ToString();
        if (authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) && IsKey(authorization[Bearer.Length..].Trim()))
            return true;
        return request.Cookies[Cookie] is { } cookie
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(cookie), Encoding.UTF8.GetBytes(_token));
    }

    /// <summary>By their hashes, so that the time tells nothing of how much is right.</summary>
    private bool IsKey(string brought) => CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(brought)), _hash);

    private async Task SignInAsync(HttpContext context)
    {
        if (!Has(context.Request))
        {
            await Refusals.AnswerAsync(context, StatusCodes.Status401Unauthorized, "That is not the server's key.").ConfigureAwait(false);
            return;
        }

        context.Response.Cookies.Append(Cookie, _token, new CookieOptions
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Strict,
            Secure = context.Request.IsHttps,
            IsEssential = true,
            Path = "/",
        });
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
