using System.Buffers;
using System.Text;
using Microsoft.ML.Clip.Text.Unicode;

namespace Microsoft.ML.Clip.Text.SentencePiece;

/// <summary>
/// What SigLIP does to a text before its SentencePiece model gets it (big_vision's <c>canonicalize_text</c>, Hugging Face's
/// <c>SiglipTokenizer</c>): lower-case, no ASCII punctuation, runs of white space one space, trimmed.
/// </summary>
internal static class SiglipText
{
    private static readonly SearchValues<char> Punctuation = SearchValues.Create("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");

    public static string Canonicalize(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var c in LowerCase.Apply(text))
        {
            if (Punctuation.Contains(c)) continue;
            if (!IsSpace(c)) result.Append(c);
            else if (result.Length > 0 && result[^1] != ' ') result.Append(' ');
        }

        if (result.Length > 0 && result[^1] == ' ') result.Length--;
        return result.ToString();
    }

    /// <summary>Python's <c>\s</c>, which counts four control characters that .NET does not.</summary>
    private static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001C' and <= '\u001F';
}
