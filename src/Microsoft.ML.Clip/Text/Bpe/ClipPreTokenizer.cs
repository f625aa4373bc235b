using System.Buffers;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Clip.Text.Bpe;

/// <summary>
/// Splits a cleaned text as CLIP's pattern does: special tokens, English contractions, runs of letters, single digits, runs of anything
/// else but white space. By hand rather than by <see cref="System.Text.RegularExpressions.Regex"/>, which sees the halves of a character
/// beyond U+FFFF, never a letter, and is slower.
/// </summary>
internal sealed class ClipPreTokenizer(params string[] specialTokens) : PreTokenizer
{
    public override IEnumerable<(int Offset, int Length)> PreTokenize(string text) => Split(text);

    public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text) => Split(text);

    /// <summary>Where each piece begins, and how many UTF-16 units it has.</summary>
    public List<(int Offset, int Length)> Split(ReadOnlySpan<char> text)
    {
        var pieces = new List<(int Offset, int Length)>(8 + text.Length / 6);
        for (var at = 0; at < text.Length;)
        {
            var kind = KindAt(text, at, out var length);
            if (kind != Kind.Space)
            {
                length = kind switch
                {
                    Kind.Other when SpecialTokenLength(text[at..]) is > 0 and var special => special,
                    Kind.Other when ContractionLength(text[at..]) is > 0 and var contraction => contraction,
                    Kind.Number => length,
                    _ => RunLength(text, at, kind),
                };
                pieces.Add((at, length));
            }

            at += length;
        }

        return pieces;
    }

    private static int RunLength(ReadOnlySpan<char> text, int start, Kind kind)
    {
        var end = start;
        while (end < text.Length && KindAt(text, end, out var length) == kind) end += length;
        return end - start;
    }

    private int SpecialTokenLength(ReadOnlySpan<char> text)
    {
        if (text[0] != '<') return 0;
        foreach (var token in specialTokens)
        {
            if (text.StartsWith(token) || IsSpelledWithLongS(text, token)) return token.Length;
        }

        return 0;
    }

    /// <summary>The pattern ignores case: the long s is a small one, though the piece is then no special token.</summary>
    private static bool IsSpelledWithLongS(ReadOnlySpan<char> text, string token)
    {
        if (text.Length < token.Length || text[..token.Length].IndexOf('ſ') < 0) return false;
        for (var i = 0; i < token.Length; i++)
        {
            if ((text[i] == 'ſ' ? 's' : text[i]) != token[i]) return false;
        }

        return true;
    }

    /// <summary>'s 't 're 've 'm 'll 'd; the pattern ignores case, whence the long s.</summary>
    private static int ContractionLength(ReadOnlySpan<char> text) => text switch
    {
        ['\'', 's' or 't' or 'm' or 'd' or 'ſ', ..] => 2,
        ['\'', 'r' or 'v', 'e', ..] or ['\'', 'l', 'l', ..] => 3,
        _ => 0,
    };

    private static Kind KindAt(ReadOnlySpan<char> text, int at, out int length)
    {
        var c = text[at];
        length = 1;
        if (char.IsAsciiLetter(c)) return Kind.Letter;
        if (char.IsAscii(c)) return c == ' ' || char.IsWhiteSpace(c) ? Kind.Space : char.IsAsciiDigit(c) ? Kind.Number : Kind.Other;
        if (char.IsWhiteSpace(c)) return Kind.Space;
        // The pattern ignores case: this mark is no letter, but its other case, iota, is one, so that no part of the pattern takes it.
        if (c == '\u0345') return Kind.Space;
        if (Rune.DecodeFromUtf16(text[at..], out var rune, out length) != OperationStatus.Done) return Kind.Other;
        return Rune.IsLetter(rune) ? Kind.Letter : Rune.IsNumber(rune) ? Kind.Number : Kind.Other;
    }

    private enum Kind
    {
        Space,
        Letter,
        Number,
        Other,
    }
}
