namespace Microsoft.ML.Clip.Text.Repair;

/// <summary>
/// Puts back bytes that got lost on the way through a wrong encoding, so that the rest decodes as UTF-8; the cases are those of ftfy 6.3.
/// Only for text that <see cref="MojibakeDetector"/> finds wrong: all of them also occur in good text.
/// </summary>
internal static class Utf8Mending
{
    private const byte Space = 0x20, NoBreakSpace = 0xA0;

    private static readonly byte[] Replacement = [0xEF, 0xBF, 0xBD];

    /// <summary>
    /// A byte A0 is a no-break space in most encodings, and programs turn that into a plain one. Where a sequence would be valid UTF-8 and
    /// likely with A0, gives it back.
    /// </summary>
    public static byte[] RestoreNoBreakSpaces(byte[] bytes)
    {
        if (bytes.AsSpan().IndexOf(Space) < 0) return bytes;
        var result = new List<byte>(bytes.Length + 8);
        for (var i = 0; i < bytes.Length; i++)
        {
            var b = bytes[i];
            result.Add(b);
            if (b == 0xC3 && IsWordAGrave(bytes.AsSpan(i + 1)))
            {
                // "Ã " was "à" followed by the space between two words, of which one was lost.
                result.Add(NoBreakSpace);
                continue;
            }

            var length = b switch { 0xC2 or 0xC3 or 0xC5 or 0xCE or 0xD0 or 0xD9 => 2, >= 0xE0 and <= 0xE3 => 3, 0xF0 => 4, _ => 0 };
            if (length == 0 || i + length > bytes.Length || !LacksOneByte(bytes.AsSpan(i, length))) continue;
            for (var end = i + length - 1; i < end;)
            {
                i++;
                result.Add(bytes[i] == Space ? NoBreakSpace : bytes[i]);
            }
        }

        return [.. result];
    }

    /// <summary>
    /// Where a byte of a sequence has become U+FFFD (or one <c>?</c>), the character is lost but the sequence can still be told: makes
    /// all of it one U+FFFD.
    /// </summary>
    public static byte[] ReplaceLostSequences(byte[] bytes)
    {
        if (bytes.AsSpan().IndexOfAny(SingleByteEncoding.LostByte, (byte)'?') < 0) return bytes;
        var result = new List<byte>(bytes.Length + 8);
        for (var i = 0; i < bytes.Length;)
        {
            var length = LostLength(bytes.AsSpan(i));
            if (length == 0) result.Add(bytes[i]);
            else result.AddRange(Replacement);
            i += Math.Max(length, 1);
        }

        return [.. result];
    }

    /// <summary>After C3: a space that ends the word "à", not the Portuguese words that begin so and not one of two spaces.</summary>
    private static bool IsWordAGrave(ReadOnlySpan<byte> after)
    {
        if (after.IsEmpty || after[0] != Space) return false;
        after = after[1..];
        return !(after.StartsWith(" "u8) || after.StartsWith("s "u8)
            || after.StartsWith("quele"u8) || after.StartsWith("quela"u8) || after.StartsWith("quilo"u8));
    }

    /// <summary>Whether one byte of the sequence is a space, and the others fit.</summary>
    private static bool LacksOneByte(ReadOnlySpan<byte> sequence)
    {
        if (sequence.Length == 3 && sequence[0] is 0xE0 or 0xE1 && sequence[1] == Space) return false; // would be Samaritan or Mongolian
        var spaces = 0;
        foreach (var b in sequence[1..])
        {
            if (b == Space) spaces++;
            else if (b is < 0x80 or > 0xBF || (sequence.Length == 3 && b is 0x85 or 0xA0)) return false;
        }

        return spaces == 1;
    }

    private static int LostLength(ReadOnlySpan<byte> bytes)
    {
        if (bytes[0] == SingleByteEncoding.LostByte) return 1;
        if (IsLostPair(bytes)) return 6;
        var length = bytes[0] switch { >= 0xC2 and <= 0xDF => 2, >= 0xE0 and <= 0xEF => 3, >= 0xF0 and <= 0xF4 => 4, _ => 0 };
        if (length == 0 || bytes.Length < length) return 0;

        int lost = 0, guesses = 0;
        foreach (var b in bytes[1..length])
        {
            if (b == SingleByteEncoding.LostByte) lost++;
            else if (b == '?') guesses++;
            else if (b is < 0x80 or > 0xBF) return 0;
        }

        // A question mark may be one: believed in one place of a sequence only, and in short ones after Â and Ã only.
        if (guesses > 1 || (guesses == 1 && length == 2 && bytes[0] > 0xC3)) return 0;
        return lost + guesses > 0 ? length : 0;
    }

    /// <summary>
    /// Whether these are the two halves of a character in CESU-8 of which the last byte of one, or of both, is lost.
    /// </summary>
    private static bool IsLostPair(ReadOnlySpan<byte> bytes)
    {
        if (bytes is not [0xED, >= 0xA0 and <= 0xAF, var first, 0xED, >= 0xB0 and <= 0xBF, var second, ..]) return false;
        return (IsLost(first) && (IsLost(second) || IsContinuation(second))) || (IsContinuation(first) && IsLost(second));
    }

    private static bool IsLost(byte b) => b is SingleByteEncoding.LostByte or (byte)'?';

    private static bool IsContinuation(byte b) => b is >= 0x80 and <= 0xBF;
}
