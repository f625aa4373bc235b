using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Microsoft.ML.Clip.Text.SentencePiece;

/// <summary>
/// The replacements of characters that a SentencePiece model carries (<c>precompiled_charsmap</c>): a double-array trie over UTF-8 (in
/// the layout of Darts-clone), whose leaves say where in a table of zero-ended strings the replacement begins.
/// </summary>
internal sealed class PrecompiledCharsMap
{
    private readonly uint[] _trie;
    private readonly byte[] _replacements;

    public PrecompiledCharsMap(ReadOnlySpan<byte> blob, string path)
    {
        var size = blob.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(blob) : 0;
        if (size == 0 || size % 4 != 0 || size > blob.Length - 4)
            throw new InvalidDataException($"{path}: its precompiled character map is cut off.");
        _trie = new uint[size / 4];
        for (var i = 0; i < _trie.Length; i++) _trie[i] = BinaryPrimitives.ReadUInt32LittleEndian(blob[(4 + (4 * i))..]);
        _replacements = blob[(4 + (int)size)..].ToArray();
    }

    /// <summary>The replacement of the longest beginning of a text that has one.</summary>
    /// <param name="text">The text, in UTF-8.</param>
    /// <param name="replacement">What to write instead, in UTF-8.</param>
    /// <returns>How many bytes of the text are replaced; 0 where no beginning of it has a replacement.</returns>
    public int Match(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> replacement)
    {
        var (matched, at) = (0, 0u);
        var node = Offset(_trie[0]);
        for (var i = 0; i < text.Length; i++)
        {
            node ^= text[i];
            if (node >= _trie.Length) break;
            var unit = _trie[node];
            if ((unit & 0x800000FF) != text[i]) break;
            node ^= Offset(unit);
            if ((unit & 0x100) == 0 || node >= _trie.Length) continue;
            (matched, at) = (i + 1, _trie[node] & 0x7FFFFFFF);
        }

        replacement = default;
        if (matched == 0 || at >= _replacements.Length) return 0;
        replacement = _replacements.AsSpan((int)at);
        var end = replacement.IndexOf((byte)0);
        if (end >= 0) replacement = replacement[..end];
        return matched;
    }

    /// <summary>
    /// Replaces all through a text as Hugging Face's tokenizers do, which is not how SentencePiece does: a whole grapheme of less than 6
    /// bytes gives way to the replacement of its shortest beginning that has one, and only a longer one is looked at by characters.
    /// </summary>
    public string ApplyToGraphemes(string text)
    {
        var result = new StringBuilder(text.Length + 8);
        Span<char> units = stackalloc char[2];
        for (var rest = text.AsSpan(); rest.Length > 0;)
        {
            var grapheme = rest[..StringInfo.GetNextTextElementLength(rest)];
            rest = rest[grapheme.Length..];
            if (Encoding.UTF8.GetByteCount(grapheme) < 6 && Replacement(grapheme) is { } whole)
            {
                result.Append(whole);
                continue;
            }

            foreach (var rune in grapheme.EnumerateRunes())
            {
                var character = units[..rune.EncodeToUtf16(units)];
                if (Replacement(character) is { } one) result.Append(one);
                else result.Append(character);
            }
        }

        return result.ToString();
    }

    /// <summary>The replacement of the shortest beginning of a text that has one; null where none has.</summary>
    private string? Replacement(ReadOnlySpan<char> text)
    {
        Span<byte> utf8 = stackalloc byte[8];
        utf8 = utf8[..Encoding.UTF8.GetBytes(text, utf8)];
        for (var length = 1; length <= utf8.Length; length++)
        {
            if (Match(utf8[..length], out var replacement) == length) return Encoding.UTF8.GetString(replacement);
        }

        return null;
    }

    /// <summary>Replaces all through a text.</summary>
    public string Apply(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        var result = new List<byte>(utf8.Length + 8);
        for (var at = 0; at < utf8.Length;)
        {
            var length = Match(utf8.AsSpan(at), out var replacement);
            if (length == 0)
            {
                Rune.DecodeFromUtf8(utf8.AsSpan(at), out _, out length);
                replacement = utf8.AsSpan(at, length);
            }

            result.AddRange(replacement);
            at += length;
        }

        return Encoding.UTF8.GetString(result.ToArray());
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & 0x200) >> 6);
}
