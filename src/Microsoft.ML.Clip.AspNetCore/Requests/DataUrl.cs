using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip.AspNetCore.Requests;

/// <summary>Pictures inside of JSON: <c>data:image/png;base64,…</c> (RFC 2397).</summary>
internal static partial class DataUrl
{
    /// <summary>Whether a string is one, and no text that happens to begin with the word "data".</summary>
    public static bool IsOne(string text) => Head().IsMatch(text);

    /// <summary>The picture in a data URL.</summary>
    /// <param name="url">The URL.</param>
    /// <param name="name">What to call it in errors.</param>
    /// <param name="parameter">The field it stands in.</param>
    /// <exception cref="ApiException">It is no picture's.</exception>
    public static ReadOnlyMemory<byte> Picture(string url, string name, string parameter)
    {
        var head = Head().Match(url);
        if (!head.Success)
        {
            throw ApiException.BadRequest(
                $"{name} is no data URL; send the picture's bytes as data:image/jpeg;base64,… (the server fetches nothing).", parameter);
        }

        var type = head.Groups["type"].Value;
        if (!type.StartsWith("image/", StringComparison.OrdinalIgnoreCase))
            throw ApiException.BadRequest($"{name} is a data URL of type '{type}'; send a picture, image/….", parameter);
        if (!head.Groups["base64"].Success)
            throw ApiException.BadRequest($"{name} is a data URL without base64; send ;base64,….", parameter);
        var encoded = url.AsSpan(head.Length);
        var bytes = new byte[encoded.Length / 4 * 3 + 3];
        if (!Convert.TryFromBase64Chars(encoded, bytes, out var length))
            throw ApiException.BadRequest($"{name} is a data URL whose base64 is damaged.", parameter);
        if (length == 0) throw ApiException.BadRequest($"{name} is an empty data URL.", parameter);
        return bytes.AsMemory(0, length);
    }

    [GeneratedRegex(@"\Adata:(?<type>[\w.+-]+/[\w.+-]+)(;(?!base64,)[\w.+-]+=[^;,]*)*(?<base64>;base64)?,", RegexOptions.IgnoreCase)]
    private static partial Regex Head();
}
