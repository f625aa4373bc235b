using System.Text;
using Microsoft.ML.Clip.Text.Bpe;
using Microsoft.ML.Clip.Text.SentencePiece;

namespace Microsoft.ML.Clip.Text.Pipeline;

/// <summary>Makes readable parts of tokens; put together they are the text.</summary>
internal delegate IReadOnlyList<string> TokenDecoder(IReadOnlyList<string> tokens);

/// <summary>The decoders of a <c>tokenizer.json</c>, as Hugging Face's <c>tokenizers</c> have them.</summary>
internal static class DecoderReader
{
    // What an English text has no space before, and two contractions, as Hugging Face cleans them up.
    private static readonly (string Spaced, string Joined)[] CleanUps =
    [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"),
        (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ];

    public static TokenDecoder Read(PipelineStep? step)
    {
        if (step is null) return tokens => [string.Join(' ', tokens)];
        var decoder = Create(step);
        step.RequireAllRead();
        return decoder;
    }

    private static TokenDecoder Create(PipelineStep step)
    {
        switch (step.Type)
        {
            case "Sequence":
                var steps = step.Parts("decoders").Select(Read).ToArray();
                return tokens => steps.Aggregate(tokens, (t, apply) => apply(t));
            case "ByteLevel":
                step.Pass("add_prefix_space", "trim_offsets", "use_regex");
                return FromBytes;
            case "WordPiece":
                return WordPiece(step.TextOrNull("prefix") ?? "##", step.Flag("cleanup", true));
            case "BPEDecoder":
                var suffix = step.TextOrNull("suffix") ?? "</w>";
                return tokens => [.. tokens.Select((t, i) => Replaced(t, suffix, i == tokens.Count - 1 ? "" : " "))];
            case "Metaspace":
                return Metaspace(step);
            case "ByteFallback":
                return ByteFallback;
            case "Fuse":
                return tokens => [string.Concat(tokens)];
            case "Strip":
                var (content, start, stop) = (step.Text("content"), step.Number("start") ?? 0, step.Number("stop") ?? 0);
                return tokens => [.. tokens.Select(t => Strip(t, content, start, stop))];
            case "Replace":
                var (pattern, by) = (PatternReader.Read(step), step.Text("content"));
                return tokens => [.. tokens.Select(t => NormalizerReader.Replace(pattern, by)(new(t, true)).Text)];
            default:
                throw step.UnknownType();
        }
    }

    private static string Replaced(string token, string old, string by) => token.Replace(old, by, StringComparison.Ordinal);

    private static IReadOnlyList<string> FromBytes(IReadOnlyList<string> tokens)
    {
        var bytes = tokens.SelectMany(token => ByteSymbols.TryDecode(token) ?? Encoding.UTF8.GetBytes(token));
        return [Encoding.UTF8.GetString(bytes.ToArray())];
    }

    private static TokenDecoder WordPiece(string prefix, bool isCleaned) => tokens =>
    [
        .. tokens.Select((token, i) =>
        {
            var text = i == 0 ? token : token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..] : " " + token;
            return isCleaned ? CleanUps.Aggregate(text, (t, c) => Replaced(t, c.Spaced, c.Joined)) : text;
        }),
    ];

    private static TokenDecoder Metaspace(PipelineStep step)
    {
        step.Pass("str_rep", "split");
        var mark = step.TextOrNull("replacement") ?? "▁";
        var hasPrefix = step.Flag("add_prefix_space", true) && step.TextOrNull("prepend_scheme") != "never";
        return tokens => [.. tokens.Select((t, i) => Replaced(t, mark, i == 0 && hasPrefix ? "" : " "))];
    }

    /// <summary>Puts together the bytes that tokens such as <c>&lt;0x41&gt;</c> stand for; each that is no text is U+FFFD.</summary>
    private static IReadOnlyList<string> ByteFallback(IReadOnlyList<string> tokens)
    {
        var (result, bytes) = (new List<string>(tokens.Count), new List<byte>());
        foreach (var token in tokens)
        {
            if (PieceVocabulary.ByteOf(token) is { } value)
            {
                bytes.Add(value);
                continue;
            }

            Flush();
            result.Add(token);
        }

        Flush();
        return result;

        void Flush()
        {
            if (bytes.Count == 0) return;
            var utf8 = bytes.ToArray();
            result.Add(System.Text.Unicode.Utf8.IsValid(utf8) ? Encoding.UTF8.GetString(utf8) : new string('\uFFFD', utf8.Length));
            bytes.Clear();
        }
    }

    private static string Strip(string token, string content, int start, int stop)
    {
        for (; start > 0 && token.StartsWith(content, StringComparison.Ordinal); start--) token = token[content.Length..];
        for (; stop > 0 && token.EndsWith(content, StringComparison.Ordinal); stop--) token = token[..^content.Length];
        return token;
    }
}
