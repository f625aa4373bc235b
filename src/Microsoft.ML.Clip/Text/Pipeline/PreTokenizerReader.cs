using System.Text;
using Microsoft.ML.Clip.Text.Bpe;

namespace Microsoft.ML.Clip.Text.Pipeline;

/// <summary>The pre-tokenizers of a <c>tokenizer.json</c>, as Hugging Face's <c>tokenizers</c> have them.</summary>
internal static class PreTokenizerReader
{
    // GPT-2's: contractions, letters, numbers and other characters with a space before them, and white space.
    private const string ByteLevelExpression =
        @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    public static TextSplitter Read(PipelineStep? step)
    {
        if (step is null) return text => [text];
        var splitter = Create(step);
        step.RequireAllRead();
        return splitter;
    }

    private static TextSplitter Create(PipelineStep step) => step.Type switch
    {
        "Sequence" => InTurn([.. step.Parts("pretokenizers").Select(Read)]),
        "BertPreTokenizer" => InTurn(AtWhiteSpace, AtPunctuation(SplitBehavior.Isolated)),
        "Whitespace" => Words,
        "WhitespaceSplit" => AtWhiteSpace,
        "Punctuation" => AtPunctuation(Behavior(step, SplitBehavior.Isolated)),
        "Digits" => TextSplit.At(
            PatternReader.Characters(Rune.IsNumber), step.Flag("individual_digits") ? SplitBehavior.Isolated : SplitBehavior.Contiguous),
        "CharDelimiterSplit" => TextSplit.At(PatternReader.Literal(step.Text("delimiter")), SplitBehavior.Removed),
        "Split" => TextSplit.At(PatternReader.Read(step), Behavior(step, null), step.Flag("invert")),
        "Metaspace" => Metaspace(step),
        "ByteLevel" => ByteLevel(step),
        _ => throw step.UnknownType(),
    };

    private static TextSplitter InTurn(params TextSplitter[] splitters) =>
        text => splitters.Aggregate((IEnumerable<TextPiece>)[text], (pieces, split) => pieces.SelectMany(piece => split(piece)));

    private static TextSplitter AtWhiteSpace { get; } = TextSplit.At(PatternReader.Characters(Rune.IsWhiteSpace), SplitBehavior.Removed);

    private static TextSplitter AtPunctuation(SplitBehavior behavior) =>
        TextSplit.At(PatternReader.Characters(CharacterKinds.IsPunctuation), behavior);

    /// <summary>Runs of word characters and runs of others, without the white space: <c>\w+|[^\w\s]+</c>.</summary>
    private static IEnumerable<TextPiece> Words(TextPiece text)
    {
        var (start, kind) = (0, ' ');
        for (var at = 0; at < text.Text.Length;)
        {
            var rune = Rune.GetRuneAt(text.Text, at);
            var next = CharacterKinds.IsWord(rune) ? 'w' : Rune.IsWhiteSpace(rune) ? ' ' : 'x';
            if (next != kind)
            {
                if (kind != ' ') yield return text.Slice(start, at - start);
                (start, kind) = (at, next);
            }

            at += rune.Utf16SequenceLength;
        }

        if (kind != ' ') yield return text.Slice(start, text.Text.Length - start);
    }

    private static SplitBehavior Behavior(PipelineStep step, SplitBehavior? absent)
    {
        var name = step.TextOrNull("behavior");
        if (name is null && absent is { } given) return given;
        return Enum.TryParse<SplitBehavior>(name, out var behavior) && Enum.IsDefined(behavior) && !char.IsDigit(name![0])
            ? behavior
            : throw step.Wrong($"has the behavior '{name}', which is not supported");
    }

    /// <summary>Spaces become the mark, the mark begins the text, and each begins a part of its own.</summary>
    private static TextSplitter Metaspace(PipelineStep step)
    {
        step.Pass("str_rep");
        var mark = step.TextOrNull("replacement") ?? "▁";
        if (mark.EnumerateRunes().Count() != 1) throw step.Wrong($"has the replacement '{mark}', which is not one character");
        var scheme = step.TextOrNull("prepend_scheme");
        if (scheme is not (null or "always" or "first" or "never"))
            throw step.Wrong($"has the prepend_scheme '{scheme}', which is not supported");
        var hasPrefix = step.Flag("add_prefix_space", scheme != "never");
        if (!hasPrefix && scheme is "always" or "first") throw step.Wrong($"has the prepend_scheme '{scheme}' but no add_prefix_space");
        scheme = hasPrefix ? scheme ?? "always" : "never";
        var atMarks = step.Flag("split", true) ? TextSplit.At(PatternReader.Literal(mark), SplitBehavior.MergedWithNext) : text => [text];
        return text =>
        {
            var marked = text.Text.Replace(" ", mark, StringComparison.Ordinal);
            var isMarked = scheme == "always" || (scheme == "first" && text.IsFirst);
            if (isMarked && !marked.StartsWith(mark, StringComparison.Ordinal)) marked = mark + marked;
            return atMarks(text with { Text = marked });
        };
    }

    private static TextSplitter ByteLevel(PipelineStep step)
    {
        step.Pass("trim_offsets");
        var hasPrefix = step.Flag("add_prefix_space", true);
        TextSplitter split = step.Flag("use_regex", true)
            ? TextSplit.At(PatternReader.Expression(ByteLevelExpression), SplitBehavior.Isolated)
            : text => [text];
        return text => split(hasPrefix && !text.Text.StartsWith(' ') ? text with { Text = " " + text.Text } : text)
            .Select(piece => piece with { Text = ByteSymbols.Spell(piece.Text) });
    }
}
