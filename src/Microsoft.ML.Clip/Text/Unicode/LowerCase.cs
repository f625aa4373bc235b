using System.Buffers;
using System.Globalization;
using System.Text;

namespace Microsoft.ML.Clip.Text.Unicode;

/// <summary>
/// Lower-casing as Unicode's SpecialCasing and Python's <c>str.lower</c> do it. <see cref="string.ToLowerInvariant"/> lacks the only two
/// mappings that are not one character to one: <c>İ</c>, and the sigma that ends a word.
/// </summary>
internal static class LowerCase
{
    public static string Apply(string text)
    {
        if (text.AsSpan().IndexOfAny('İ', 'Σ') < 0) return text.ToLowerInvariant();

        var result = new StringBuilder(text.Length + 4);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == 'İ') result.Append("i\u0307");
            else if (text[i] == 'Σ') result.Append(EndsWord(text, i) ? 'ς' : 'σ');
            else if (i + 1 < text.Length && char.IsSurrogatePair(text, i)) result.Append(Rune.ToLowerInvariant(Rune.GetRuneAt(text, i++)));
            else result.Append(char.ToLowerInvariant(text[i]));
        }

        return result.ToString();
    }

    /// <summary>The Final_Sigma condition of SpecialCasing: a letter before, none after, passing over case-ignorable characters.</summary>
    private static bool EndsWord(string text, int sigma)
    {
        for (var before = text.AsSpan(0, sigma); ;)
        {
            if (Rune.DecodeLastFromUtf16(before, out var rune, out var length) != OperationStatus.Done) return false;
            before = before[..^length];
            if (IsCaseIgnorable(rune)) continue;
            if (!IsCased(rune)) return false;
            break;
        }

        for (var after = text.AsSpan(sigma + 1); Rune.DecodeFromUtf16(after, out var rune, out var length) == OperationStatus.Done;)
        {
            after = after[length..];
            if (!IsCaseIgnorable(rune)) return !IsCased(rune);
        }

        return true;
    }

    private static bool IsCased(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter
            or UnicodeCategory.TitlecaseLetter
        // Unicode's Other_Uppercase and Other_Lowercase, as far as they are not case-ignorable.
        || rune.Value is 'ª' or 'º' or (>= 'Ⅰ' and <= 'ⅿ') or (>= 'Ⓐ' and <= 'ⓩ')
            or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);

    private static bool IsCaseIgnorable(Rune rune) =>
        rune.Value is '\'' or '.' or ':' or '·' or '\u0387' or '\u055F' or '\u05F4' or '\u2018' or '\u2019' or '\u2024' or '\u2027'
            or '\uFE13' or '\uFE52' or '\uFE55' or '\uFF07' or '\uFF0E' or '\uFF1A'
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
            or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol;
}
