using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Microsoft.ML.Clip.AspNetCore.Endpoints;

/// <summary>The page and its files, which lie in the assembly.</summary>
internal static class PageEndpoint
{
    private const string Folder = "page/";

    private static readonly Dictionary<string, string> Types = new()
    {
        [".html"] = "text/html; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".svg"] = "image/svg+xml",
    };

    private static readonly Dictionary<string, (byte[] Bytes, string Tag)> Files = Read();

    /// <summary>The page itself. Its links are relative, so it wants a slash at the end of its address.</summary>
    public static Task IndexAsync(HttpContext context)
    {
        if (context.Request.Path.Value is not { } path || path.EndsWith('/')) return FileAsync(context, "index.html");
        context.Response.Redirect($"{context.Request.PathBase}{path}/{context.Request.QueryString}");
        return Task.CompletedTask;
    }

    /// <summary>One of its files.</summary>
    public static Task FileAsync(HttpContext context) => FileAsync(context, (string)context.Request.RouteValues["file"]!);

    private static async Task FileAsync(HttpContext context, string name)
    {
        var response = context.Response;
        if (!Files.TryGetValue(name, out var file))
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        response.Headers.CacheControl = "no-cache";
        response.Headers.ETag = file.Tag;
        if (context.Request.Headers.IfNoneMatch == file.Tag)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = Types[Path.GetExtension(name)];
        response.ContentLength = file.Bytes.Length;
        await response.Body.WriteAsync(file.Bytes, context.RequestAborted).ConfigureAwait(false);
    }

    private static Dictionary<string, (byte[] Bytes, string Tag)> Read()
    {
        var assembly = typeof(PageEndpoint).Assembly;
        return assembly.GetManifestResourceNames().Where(name => name.StartsWith(Folder, StringComparison.Ordinal)).ToDictionary(
            name => name[Folder.Length..],
            name =>
            {
                using var stream = assembly.GetManifestResourceStream(name)!;
                var bytes = new byte[stream.Length];
                stream.ReadExactly(bytes);
                return (bytes, $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes)[..8])}\"");
            });
    }
}
