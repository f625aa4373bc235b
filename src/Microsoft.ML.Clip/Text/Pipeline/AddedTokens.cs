using System.Buffers;
using System.Text;
using Microsoft.ML.Clip.Text.SentencePiece;

namespace Microsoft.ML.Clip.Text.Pipeline;

/// <summary>A token beside the model's own ones.</summary>
/// <param name="Content">Its text.</param>
/// <param name="Id">Its id.</param>
/// <param name="IsSpecial">Whether readers of a text do not want to see it.</param>
/// <param name="IsNormalized">Whether it is looked for in the normalized text.</param>
/// <param name="IsSingleWord">Whether it must not touch a word character.</param>
/// <param name="StripsLeft">Whether it takes the white space before it.</param>
/// <param name="StripsRight">Whether it takes the white space after it.</param>
internal sealed record AddedToken(
    string Content, int Id, bool IsSpecial, bool IsNormalized, bool IsSingleWord, bool StripsLeft, bool StripsRight);

/// <summary>
/// The <c>added_tokens</c> of a <c>tokenizer.json</c>: texts that are tokens by themselves wherever they stand, some in the text as it
/// was given, the others in what is normalized of the rest.
/// </summary>
internal sealed class AddedTokens
{
    private readonly Dictionary<string, AddedToken> _given = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AddedToken> _normalized = new(StringComparer.Ordinal);
    private readonly PrefixMatcher _givenTexts;
    private readonly PrefixMatcher _normalizedTexts;
    private readonly TextNormalizer _normalize;

    private AddedTokens(List<AddedToken> all, TextNormalizer normalize)
    {
        (All, _normalize) = (all, normalize);
        foreach (var token in all)
        {
            if (token.IsNormalized) _normalized[normalize(new(token.Content, true)).Text] = token;
            else _given[token.Content] = token;
        }

        (_givenTexts, _normalizedTexts) = (new(_given.Keys), new(_normalized.Keys));
    }

    public IReadOnlyList<AddedToken> All { get; }

    /// <summary>Reads them; their ids must be those of the model's vocabulary, where it has them, and free ones otherwise.</summary>
    public static AddedTokens Read(PipelineStep file, TokenVocabulary vocabulary, TextNormalizer normalize)
    {
        var tokens = new List<AddedToken>();
        var owners = vocabulary.Ids.ToDictionary(entry => entry.Value, entry => entry.Key);
        foreach (var item in file.Has("added_tokens") ? file.Items("added_tokens") : [])
        {
            var step = new PipelineStep(item, file.Path, "added token");
            var token = new AddedToken(
                step.Text("content"), step.Number("id") ?? throw step.Wrong("has no id"), step.Flag("special"),
                step.Flag("normalized", true), step.Flag("single_word"), step.Flag("lstrip"), step.Flag("rstrip"));
            step.RequireAllRead();
            if (token.Content.Length == 0) throw step.Wrong("is an empty text");
            if (token.Id is < 0 or >= 1 << 22) throw step.Wrong($"'{token.Content}' has the id {token.Id}");
            if (vocabulary.Find(token.Content) is { } known && known != token.Id)
                throw step.Wrong($"'{token.Content}' has the id {token.Id}, but {known} in the vocabulary");
            if (!owners.TryAdd(token.Id, token.Content) && owners[token.Id] != token.Content)
                throw step.Wrong($"'{token.Content}' has the id {token.Id}, which is that of '{owners[token.Id]}'");
            tokens.Add(token);
        }

        return new AddedTokens(tokens, normalize);
    }

    /// <summary>Cuts a text into these tokens and what lies between them, normalized.</summary>
    public IEnumerable<(TextPiece Text, AddedToken? Token)> Cut(string text)
    {
        foreach (var (part, token) in Cut(new TextPiece(text, true), _givenTexts, _given))
        {
            if (token is not null)
            {
                yield return (part, token);
                continue;
            }

            foreach (var piece in Cut(_normalize(part), _normalizedTexts, _normalized)) yield return piece;
        }
    }

    private static IEnumerable<(TextPiece Text, AddedToken? Token)> Cut(
        TextPiece text, PrefixMatcher texts, Dictionary<string, AddedToken> tokens)
    {
        var (from, whole) = (0, text.Text);
        for (var at = 0; at < whole.Length;)
        {
            var length = texts.Match(whole, at);
            if (length == 0)
            {
                at++;
                continue;
            }

            var (start, end, token) = (at, at + length, tokens[whole.Substring(at, length)]);
            at = end;
            if (start < from || (token.IsSingleWord && (EndsWord(whole.AsSpan(0, start)) || StartsWord(whole.AsSpan(end))))) continue;
            if (token.StripsLeft)
            {
                while (start > from && char.IsWhiteSpace(whole[start - 1])) start--;
            }

            if (token.StripsRight)
            {
                while (end < whole.Length && char.IsWhiteSpace(whole[end])) end++;
            }

            if (start > from) yield return (text.Slice(from, start - from), null);
            yield return (text.Slice(start, end - start), token);
            from = end;
        }

        if (from < whole.Length) yield return (text.Slice(from, whole.Length - from), null);
    }

    private static bool EndsWord(ReadOnlySpan<char> text) =>
        Rune.DecodeLastFromUtf16(text, out var rune, out _) == OperationStatus.Done && CharacterKinds.IsWord(rune);

    private static bool StartsWord(ReadOnlySpan<char> text) =>
        Rune.DecodeFromUtf16(text, out var rune, out _) == OperationStatus.Done && CharacterKinds.IsWord(rune);
}
