using System.Text;
using System.Text.Unicode;

namespace Microsoft.ML.Clip.Text.Repair;

/// <summary>
/// UTF-8 with the two liberties that ftfy's <c>utf-8-variants</c> takes: CESU-8, which writes a character beyond U+FFFF as two halves of
/// three bytes each, and Java's C0 80 for U+0000.
/// </summary>
internal static class Utf8Variants
{
    /// <summary>Gives the text, or null where the bytes are none.</summary>
    public static string? TryDecode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IndexOfAny((byte)0xED, (byte)0xC0) < 0) return Decode(bytes);
        var result = new StringBuilder(bytes.Length);
        var plain = 0;
        for (var at = 0; at < bytes.Length;)
        {
            var (character, length) = Variant(bytes[at..]);
            if (length == 0)
            {
                at++;
                continue;
            }

            if (Decode(bytes[plain..at]) is not { } before) return null;
            result.Append(before).Append(character);
            plain = at += length;
        }

        return Decode(bytes[plain..]) is { } rest ? result.Append(rest).ToString() : null;
    }

    /// <summary>
    /// The character in a variant's form that the bytes begin with. A line feed that ends the text may stand where the last byte of a form
    /// got lost, and goes with it: a habit of the reference's pattern, whose end-of-text also matches before such a line feed.
    /// </summary>
    private static (Rune Character, int Length) Variant(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [0xC0, 0x80, ..] or [0xC0, (byte)'\n'] => (new(0), 2),
        [0xED, >= 0xA0 and <= 0xAF, >= 0x80 and <= 0xBF, 0xED, >= 0xB0 and <= 0xBF, >= 0x80 and <= 0xBF, ..]
            or [0xED, >= 0xA0 and <= 0xAF, >= 0x80 and <= 0xBF, 0xED, >= 0xB0 and <= 0xBF, (byte)'\n'] =>
            (new(0x10000 + ((bytes[1] & 0x0F) << 16) + ((bytes[2] & 0x3F) << 10) + ((bytes[4] & 0x0F) << 6) + (bytes[5] & 0x3F)), 6),
        _ => default,
    };

    private static string? Decode(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : null;
}
