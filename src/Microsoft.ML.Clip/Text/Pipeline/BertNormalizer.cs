using System.Text;
using Microsoft.ML.Clip.Text.Unicode;

namespace Microsoft.ML.Clip.Text.Pipeline;

/// <summary>What BERT does to a text before it is split.</summary>
/// <param name="cleanText">Whether to take out control characters and make every white space a space.</param>
/// <param name="handleChineseChars">Whether to put spaces around ideographs.</param>
/// <param name="stripAccents">Whether to take off accents; null means where <paramref name="lowercase"/> is set.</param>
/// <param name="lowercase">Whether to make it lower case.</param>
internal sealed class BertNormalizer(bool cleanText, bool handleChineseChars, bool? stripAccents, bool lowercase)
{
    public TextPiece Apply(TextPiece text)
    {
        if (cleanText) text = Clean(text);
        if (handleChineseChars) text = text with { Text = PartIdeographs(text.Text) };
        if (stripAccents ?? lowercase)
        {
            var parted = UnicodeNormalization.ToForm(text.Text, isComposed: false, isCompatible: false);
            text = NormalizerReader.Filter(text with { Text = parted }, rune => !CharacterKinds.IsNonSpacingMark(rune));
        }

        return lowercase ? text with { Text = NormalizerReader.Lower(text.Text) } : text;
    }

    private static TextPiece Clean(TextPiece text)
    {
        text = NormalizerReader.Filter(text, rune => rune.Value is not (0 or 0xFFFD) && !CharacterKinds.IsControl(rune));
        return text with
        {
            Text = string.Create(text.Text.Length, text.Text, (result, from) =>
        {
            for (var i = 0; i < from.Length; i++) result[i] = char.IsWhiteSpace(from[i]) ? ' ' : from[i];
        })
        };
    }

    private static string PartIdeographs(string text)
    {
        if (!text.EnumerateRunes().Any(CharacterKinds.IsIdeograph)) return text;
        var result = new StringBuilder(text.Length * 2);
        foreach (var rune in text.EnumerateRunes())
        {
            if (CharacterKinds.IsIdeograph(rune)) result.Append(' ').Append(rune).Append(' ');
            else result.Append(rune);
        }

        return result.ToString();
    }
}
