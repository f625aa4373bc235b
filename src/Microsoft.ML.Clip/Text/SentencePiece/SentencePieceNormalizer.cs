using System.Text;

namespace Microsoft.ML.Clip.Text.SentencePiece;

/// <summary>
/// What a SentencePiece model does to a text before cutting it up (<c>normalizer.cc</c> of SentencePiece): replaces characters, makes
/// runs of spaces one, trims, puts a space before the text, and writes spaces as ▁.
/// </summary>
internal sealed class SentencePieceNormalizer(PrecompiledCharsMap? map, PrefixMatcher userDefined)
{
    public bool AddDummyPrefix { get; init; } = true;

    public bool RemoveExtraWhitespaces { get; init; } = true;

    public string Apply(string text)
    {
        var result = new StringBuilder(text.Length + 8);
        foreach (var (part, isUserDefined) in userDefined.Cut(text))
        {
            // The map may give spaces of its own, but their removal looks at the whole.
            foreach (var c in isUserDefined || map is null ? part : map.Apply(part))
            {
                var isExtra = RemoveExtraWhitespaces && c == ' ' && (result.Length == 0 || result[^1] == ' ');
                if (!isExtra) result.Append(c);
            }
        }

        while (RemoveExtraWhitespaces && result.Length > 0 && result[^1] is ' ' or PieceVocabulary.Space) result.Length--;
        if (result.Length == 0) return "";
        if (AddDummyPrefix) result.Insert(0, PieceVocabulary.Space);
        return result.Replace(' ', PieceVocabulary.Space).ToString();
    }
}
