using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Microsoft.ML.Clip.Hub.Tests.Server;

/// <summary>Sends bodies, and parts of them where a part is asked for, with what is to go wrong.</summary>
internal static partial class ServerBody
{
    public static async Task JsonAsync(HttpContext context, object value, ServerFault? fault)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        await SendAsync(context, JsonSerializer.SerializeToUtf8Bytes(value), fault);
    }

    public static async Task SendAsync(HttpContext context, byte[] content, ServerFault? fault)
    {
        var response = context.Response;
        var body = content.AsMemory();
        response.Headers.AcceptRanges = "bytes";
        var range = fault?.IgnoresRange == true ? null : Range().Match(context.Request.Headers.Range.FirstOrDefault() ?? "");
        if (range is { Success: true })
        {
            var from = int.Parse(range.Groups[1].Value, CultureInfo.InvariantCulture);
            var to = range.Groups[2].Value is { Length: > 0 } end ? int.Parse(end, CultureInfo.InvariantCulture) : content.Length - 1;
            if (from >= content.Length)
            {
                response.StatusCode = 416;
                response.Headers.ContentRange = $"bytes */{content.Length}";
                return;
            }

            to = Math.Min(to, content.Length - 1);
            response.StatusCode = 206;
            response.Headers.ContentRange = $"bytes {from}-{to}/{content.Length}";
            body = body[from..(to + 1)];
        }

        if (fault?.CorruptAt is { } at && body.Length > 0)
        {
            body = body.ToArray();
            body.Span[at % body.Length] ^= 0x5A;
        }

        response.ContentLength = body.Length;
        if (context.Request.Method == "HEAD") return;
        if (fault is { CutAfter: { } cut })
        {
            await response.Body.WriteAsync(body[..Math.Min(cut, body.Length)]);
            await response.Body.FlushAsync();
            if (fault.Stall is { } stall) await Task.Delay(stall, context.RequestAborted);
            else if (fault.Resets) context.Abort();
            // Else fewer bytes than were promised end the connection, and those that were sent arrive.
            return;
        }

        await response.Body.WriteAsync(body);
    }

    [GeneratedRegex(@"^bytes=(\d+)-(\d*)$")]
    private static partial Regex Range();
}
