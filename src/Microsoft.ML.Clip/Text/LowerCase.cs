using System.Globalization;
using System.Text;

namespace Microsoft.ML.Clip;

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
        var before = sigma - 1;
        while (before >= 0 && IsCaseIgnorable(text[before])) before--;
        if (before < 0 || !IsCased(text, before)) return false;

        var after = sigma + 1;
        while (after < text.Length && IsCaseIgnorable(text[after])) after++;
        return after == text.Length || !IsCased(text, after);
    }

    private static bool IsCased(string text, int at)
    {
        if (at > 0 && char.IsSurrogatePair(text, at - 1)) at--;
        var category = CharUnicodeInfo.GetUnicodeCategory(text, at);
        return category is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            || text[at] is 'ª' or 'º' or (>= 'Ⅰ' and <= 'ⅿ') or (>= 'Ⓐ' and <= 'ⓩ');
    }

    private static bool IsCaseIgnorable(char c) =>
        c is '\'' or '.' or ':' or '·' or '\u0387' or '\u055F' or '\u05F4' or '\u2018' or '\u2019' or '\u2024' or '\u2027'
            or '\uFE13' or '\uFE52' or '\uFE55' or '\uFF07' or '\uFF0E' or '\uFF1A'
        || char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
            or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol;
}
