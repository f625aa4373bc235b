using System.Collections.Frozen;
using System.Text;
using Microsoft.ML.Clip.Text.Unicode;

namespace Microsoft.ML.Clip.Text.Repair;

/// <summary>
/// Character references resolved by the HTML standard's rules, as Python's <c>html.unescape</c> does: all names of HTML5, the old ones also
/// without their semicolon. <see cref="System.Net.WebUtility.HtmlDecode(string)"/> knows only those of HTML 4, with a semicolon.
/// </summary>
internal static class HtmlEntities
{
    private const int LongestName = 32;
    private const string NameEnds = "\t\n\f <&#;";

    /// <summary>
    /// Names with the semicolon that ends them (<c>amp;</c>), and those that may lack it (<c>amp</c>) a second time without.
    /// </summary>
    private static readonly Lazy<FrozenDictionary<string, string>> Names =
        new(static () => ReadNames().ToFrozenDictionary(StringComparer.Ordinal));

    /// <summary>Resolves every reference that a browser would.</summary>
    public static string Unescape(string text) => Replace(text, static (text, at) => Reference(text, at));

    /// <summary>
    /// Resolves references that end in a semicolon, also those shouted by a capitalised text (<c>&amp;EACUTE;</c>): what ftfy's
    /// <c>unescape_html</c> finds safe in any text.
    /// </summary>
    public static string UnescapeTerminated(string text) => Replace(text, static (text, at) => TerminatedReference(text, at));

    private static string Replace(string text, Func<string, int, (string? Value, int Length)> reference)
    {
        var at = text.IndexOf('&', StringComparison.Ordinal);
        if (at < 0) return text;

        var result = new StringBuilder(text.Length);
        var copied = 0;
        while (at >= 0)
        {
            var (value, length) = reference(text, at);
            if (value is not null)
            {
                result.Append(text, copied, at - copied).Append(value);
                copied = at + length;
            }

            at = text.IndexOf('&', at + length);
        }

        return copied == 0 ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    /// <summary>
    /// The reference that starts with the ampersand at <paramref name="at"/>: what it stands for, and its length in the text.
    /// </summary>
    private static (string? Value, int Length) Reference(string text, int at)
    {
        if (at + 1 < text.Length && text[at + 1] == '#') return NumericReference(text, at);

        var end = at + 1;
        while (end < text.Length && end - at <= LongestName && !NameEnds.Contains(text[end], StringComparison.Ordinal)) end++;
        if (end < text.Length && text[end] == ';') end++;

        // The longest name that the characters begin with, so that "&notit;" is "¬it;".
        for (; end > at + 2; end--)
        {
            if (Names.Value.TryGetValue(text[(at + 1)..end], out var value)) return (value, end - at);
        }

        return (null, 1);
    }

    private static (string? Value, int Length) TerminatedReference(string text, int at)
    {
        var end = text.IndexOf(';', at);
        if (end < 0) return (null, 1);
        var body = text.AsSpan(at + 1, end - at - 1);
        if (body.StartsWith("#")) body = body[1..];
        if (body.Length > 24) return (null, 1);
        foreach (var c in body)
        {
            if (!char.IsAsciiLetterOrDigit(c)) return (null, 1);
        }

        if (text[at + 1] == '#')
        {
            var (number, length) = NumericReference(text, at);
            // What stands for a semicolon is left, as ftfy takes one for a sign that not all was resolved.
            return length == end + 1 - at && number != ";" ? (number, length) : (null, 1);
        }

        var name = text[(at + 1)..(end + 1)];
        if (Names.Value.TryGetValue(name, out var value)) return (value, name.Length + 1);
        var isShouted = !body.ContainsAnyInRange('a', 'z') && Reference(text, at).Value is null;
        return isShouted && Names.Value.TryGetValue(name.ToLowerInvariant(), out value) ? (UpperCase(value), name.Length + 1) : (null, 1);
    }

    private static (string? Value, int Length) NumericReference(string text, int at)
    {
        var isHex = at + 2 < text.Length && text[at + 2] is 'x' or 'X';
        var (start, radix) = isHex ? (at + 3, 16) : (at + 2, 10);
        var (end, code) = (start, 0L);
        for (; end < text.Length && (isHex ? char.IsAsciiHexDigit(text[end]) : char.IsAsciiDigit(text[end])); end++)
        {
            // Beyond U+10FFFF the exact number no longer matters, but it must not overflow.
            var digit = char.IsAsciiDigit(text[end]) ? text[end] - '0' : (text[end] | 0x20) - 'a' + 10;
            code = Math.Min(code * radix + digit, 0x110000);
        }

        if (end == start) return (null, 1);
        if (end < text.Length && text[end] == ';') end++;
        return (CodePoint((int)code), end - at);
    }

    /// <summary>Numbers 128 to 159 mean Windows-1252, as in every browser; what is no character at all vanishes.</summary>
    private static string CodePoint(int code) => code switch
    {
        0 => "\uFFFD",
        >= 0x80 and <= 0x9F => SingleByteEncoding.Windows1252.Decode((byte)code).ToString(),
        (>= 0xD800 and <= 0xDFFF) or > 0x10FFFF => "\uFFFD",
        (>= 1 and <= 8) or 0xB or (>= 0xE and <= 0x1F) or 0x7F or (>= 0xFDD0 and <= 0xFDEF) => "",
        _ when (code & 0xFFFE) == 0xFFFE => "",
        _ => new Rune(code).ToString(),
    };

    private static string UpperCase(string value) => value switch
    {
        // Where .NET's upper-casing is not Python's (two letters of one, and the dotless i), for the names there are.
        "ß" => "SS",
        "ﬀ" => "FF",
        "ﬁ" => "FI",
        "ﬂ" => "FL",
        "ﬃ" => "FFI",
        "ﬄ" => "FFL",
        "ŉ" => "ʼN",
        "ı" => "I",
        _ => value.ToUpperInvariant(),
    };

    private static IEnumerable<KeyValuePair<string, string>> ReadNames()
    {
        foreach (var line in DataTable.Lines("html5-entities.txt"))
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            var name = line[..space].TrimEnd('!');
            var value = string.Concat(DataTable.CodePoints(line[(space + 1)..]).Select(char.ConvertFromUtf32));
            yield return new(name + ";", value);
            if (line[space - 1] == '!') yield return new(name, value);
        }
    }
}
