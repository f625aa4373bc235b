using System.Text;
using Microsoft.ML.Clip.Text.Bpe;
using Microsoft.ML.Clip.Text.SentencePiece;
using Microsoft.ML.Clip.Text.Unicode;

namespace Microsoft.ML.Clip.Text.Pipeline;

/// <summary>The normalizers of a <c>tokenizer.json</c>, as Hugging Face's <c>tokenizers</c> have them.</summary>
internal static class NormalizerReader
{
    public static TextNormalizer Read(PipelineStep? step)
    {
        if (step is null) return text => text;
        var normalizer = Create(step);
        step.RequireAllRead();
        return normalizer;
    }

    private static TextNormalizer Create(PipelineStep step)
    {
        switch (step.Type)
        {
            case "Sequence":
                var steps = step.Parts("normalizers").Select(Read).ToArray();
                return text => steps.Aggregate(text, (t, apply) => apply(t));
            case "BertNormalizer":
                return new BertNormalizer(
                    step.Flag("clean_text", true), step.Flag("handle_chinese_chars", true),
                    step.Has("strip_accents") ? step.Flag("strip_accents") : null, step.Flag("lowercase", true)).Apply;
            case "NFC":
                return Of(UnicodeNormalization.ToFormC);
            case "NFD":
                return Of(text => UnicodeNormalization.ToForm(text, isComposed: false, isCompatible: false));
            case "NFKC":
                return Of(text => UnicodeNormalization.ToForm(text, isComposed: true, isCompatible: true));
            case "NFKD":
                return Of(text => UnicodeNormalization.ToForm(text, isComposed: false, isCompatible: true));
            case "Lowercase":
                return Of(Lower);
            case "StripAccents":
                return text => Filter(text, rune => !CharacterKinds.IsMark(rune));
            case "Strip":
                return Strip(step.Flag("strip_left", true), step.Flag("strip_right", true));
            case "Prepend":
                var prefix = step.Text("prepend");
                return Of(text => text.Length == 0 ? text : prefix + text);
            case "ByteLevel":
                return Of(ByteSymbols.Spell);
            case "Precompiled":
                return ReadPrecompiled(step);
            case "Replace":
                return Replace(PatternReader.Read(step), step.Text("content"));
            default:
                throw step.UnknownType();
        }
    }

    /// <summary>
    /// Lower-casing character by character, as Rust's tokenizers do it; Python's and JavaScript's know of the sigma that ends a word,
    /// which this one does not.
    /// </summary>
    public static string Lower(string text) =>
        text.Contains('İ') ? text.Replace("İ", "i\u0307", StringComparison.Ordinal).ToLowerInvariant() : text.ToLowerInvariant();

    /// <summary>Leaves out characters.</summary>
    public static TextPiece Filter(TextPiece text, Func<Rune, bool> isKept)
    {
        if (text.Text.EnumerateRunes().All(isKept)) return text;
        var result = new StringBuilder(text.Text.Length);
        var isFirst = text.IsFirst && isKept(Rune.GetRuneAt(text.Text, 0));
        foreach (var rune in text.Text.EnumerateRunes())
        {
            if (isKept(rune)) result.Append(rune);
        }

        return new(result.ToString(), isFirst);
    }

    private static TextNormalizer Of(Func<string, string> change) => text => text with { Text = change(text.Text) };

    private static TextNormalizer Strip(bool left, bool right) => text =>
    {
        var stripped = left ? text.Text.TrimStart() : text.Text;
        var isFirst = text.IsFirst && stripped.Length == text.Text.Length;
        return new(right ? stripped.TrimEnd() : stripped, isFirst);
    };

    private static TextNormalizer ReadPrecompiled(PipelineStep step)
    {
        try
        {
            var map = new PrecompiledCharsMap(Convert.FromBase64String(step.Text("precompiled_charsmap")), step.Path);
            return Of(map.ApplyToGraphemes);
        }
        catch (FormatException e)
        {
            throw new InvalidDataException($"{step.Path}: the {step.What}'s precompiled_charsmap is not base64: {e.Message}", e);
        }
    }

    public static TextNormalizer Replace(TextPattern pattern, string content) => text =>
    {
        var result = new StringBuilder(text.Text.Length);
        var (from, isFirst) = (0, text.IsFirst);
        foreach (var (start, length) in pattern(text.Text))
        {
            result.Append(text.Text, from, start - from).Append(content);
            isFirst &= start + content.Length > 0;
            from = start + length;
        }

        return from == 0 ? text : new(result.Append(text.Text, from, text.Text.Length - from).ToString(), isFirst);
    };
}
