namespace Microsoft.ML.Clip.Text.Pipeline;

/// <summary>A part of a text on its way to the model.</summary>
/// <param name="Text">The part, normalized.</param>
/// <param name="IsFirst">
/// Whether it begins where the whole text does, before normalization: a <c>Metaspace</c> with the scheme <c>first</c> asks for it.
/// </param>
internal readonly record struct TextPiece(string Text, bool IsFirst)
{
    public TextPiece Slice(int start, int length) => new(Text.Substring(start, length), IsFirst && start == 0);
}

/// <summary>Changes a text before it is split.</summary>
internal delegate TextPiece TextNormalizer(TextPiece text);

/// <summary>Splits a text into words, which tokens do not reach across.</summary>
internal delegate IEnumerable<TextPiece> TextSplitter(TextPiece text);

/// <summary>What of a text matches a pattern: starts and lengths, in order, never empty.</summary>
internal delegate IEnumerable<(int Start, int Length)> TextPattern(string text);
