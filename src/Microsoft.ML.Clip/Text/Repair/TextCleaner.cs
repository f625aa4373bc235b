using System.Buffers;
using Microsoft.ML.Clip.Text.Unicode;

namespace Microsoft.ML.Clip.Text.Repair;

/// <summary>
/// What CLIP does to a text before splitting it (openai/CLIP, <c>simple_tokenizer.py</c>): repair it, resolve HTML references twice, make
/// each run of white space one space, trim, lower-case.
/// </summary>
internal static class TextCleaner
{
    // In a text of these alone nothing is to be repaired; '&' may begin a reference, the control characters get removed.
    private static readonly SearchValues<char> Plain = SearchValues.Create([
        '\t', '\n', '\f', '\r', .. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c).Where(c => c != '&')]);

    private static readonly SearchValues<char> NotYetClean = SearchValues.Create("\t\n\f\rABCDEFGHIJKLMNOPQRSTUVWXYZ");

    /// <summary>Gives the text as the tokenizer splits it: the same instance where it is clean already.</summary>
    public static string Clean(string text)
    {
        if (text.AsSpan().IndexOfAnyExcept(Plain) < 0) return CleanPlain(text);
        return LowerCase.Apply(CollapseSpaces(Repair(text)));
    }

    /// <summary>Repairs a text and resolves its HTML references twice: the original's <c>basic_clean</c>, but for the trimming.</summary>
    public static string Repair(string text) => HtmlEntities.Unescape(HtmlEntities.Unescape(TextRepair.Apply(text)));

    /// <summary>Makes each run of white space one space, and trims.</summary>
    public static string CollapseSpaces(string text) => CollapseSpaces(text, lower: false);

    private static string CleanPlain(string text)
    {
        var isClean = text.AsSpan().IndexOfAny(NotYetClean) < 0 && !text.Contains("  ", StringComparison.Ordinal)
            && text is not ([' ', ..] or [.., ' ']);
        return isClean ? text : CollapseSpaces(text, lower: true);
    }

    private static string CollapseSpaces(string text, bool lower)
    {
        var pooled = ArrayPool<char>.Shared.Rent(text.Length);
        var length = 0;
        foreach (var c in text)
        {
            if (!char.IsWhiteSpace(c)) pooled[length++] = lower && char.IsAsciiLetterUpper(c) ? (char)(c | 0x20) : c;
            else if (length > 0 && pooled[length - 1] != ' ') pooled[length++] = ' ';
        }

        if (length > 0 && pooled[length - 1] == ' ') length--;
        var result = new string(pooled, 0, length);
        ArrayPool<char>.Shared.Return(pooled);
        return result;
    }
}
