using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.Clip.Formats;
using Microsoft.ML.Clip.Text.Unicode;

namespace Microsoft.ML.Clip.Text.SentencePiece;

/// <summary>The normalizers and pre-tokenizers that a <c>tokenizer.json</c> describes, as SentencePiece's have.</summary>
internal static class TokenizerSteps
{
    /// <summary>A part of an object; null where it is absent or null.</summary>
    public static JsonElement? Part(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var part) && part.ValueKind != JsonValueKind.Null ? part : null;

    /// <summary>Refuses a step of another type.</summary>
    public static void Require(JsonElement step, string path, string what, string type)
    {
        if (TypeOf(step) != type) throw Unknown(step, path, what);
    }

    public static Func<string, string> Normalizer(JsonElement? normalizer, string path)
    {
        if (normalizer is not { } step) return text => text;
        switch (TypeOf(step))
        {
            case "Sequence":
                var steps = step.GetProperty("normalizers").EnumerateArray().Select(s => Normalizer(s, path)).ToArray();
                return text => steps.Aggregate(text, (t, apply) => apply(t));
            case "Lowercase":
                return LowerCase.Apply;
            case "NFC":
                return UnicodeNormalization.ToFormC;
            case "Strip":
                var (left, right) = (Flag(step, "strip_left", true), Flag(step, "strip_right", true));
                return text => left && right ? text.Trim() : left ? text.TrimStart() : right ? text.TrimEnd() : text;
            case "Prepend":
                var prefix = step.GetProperty("prepend").Required();
                return text => text.Length == 0 ? text : prefix + text;
            case "Precompiled":
                return new PrecompiledCharsMap(step.GetProperty("precompiled_charsmap").GetBytesFromBase64(), path).Apply;
            case "Replace":
                return Replacer(step, path);
            default:
                throw Unknown(step, path, "normalizer");
        }
    }

    public static PieceSplitter Splitter(JsonElement? preTokenizer, string path)
    {
        if (preTokenizer is not { } step) return (text, _) => [text];
        switch (TypeOf(step))
        {
            case "Sequence":
                var steps = step.GetProperty("pretokenizers").EnumerateArray().Select(s => Splitter(s, path)).ToArray();
                return (text, isFirst) => steps.Aggregate(
                    (IEnumerable<string>)[text], (parts, split) => parts.SelectMany((part, i) => split(part, isFirst && i == 0)));
            case "WhitespaceSplit":
                return (text, _) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            case "Metaspace":
                return Metaspace(step);
            case "Split" when step.GetProperty("behavior").GetString() == "MergedWithPrevious":
                var pattern = step.GetProperty("pattern").GetProperty("String").Required();
                return (text, _) => Regex.Split(text, $"(?<={Regex.Escape(pattern)})").Where(part => part.Length > 0);
            default:
                throw Unknown(step, path, "pre_tokenizer");
        }
    }

    private static Func<string, string> Replacer(JsonElement step, string path)
    {
        var (pattern, content) = (step.GetProperty("pattern"), step.GetProperty("content").Required());
        if (pattern.TryGetProperty("String", out var plain))
        {
            var old = plain.Required();
            return text => text.Replace(old, content, StringComparison.Ordinal);
        }

        try
        {
            var regex = new Regex(pattern.GetProperty("Regex").Required(), RegexOptions.CultureInvariant, TimeSpan.FromSeconds(10));
            return text => regex.Replace(text, _ => content);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"{path}: the pattern of its normalizer cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Spaces become the mark, the mark begins the text, and each begins a part of its own.</summary>
    private static PieceSplitter Metaspace(JsonElement step)
    {
        var mark = step.TryGetProperty("replacement", out var replacement) ? replacement.Required() : "▁";
        var scheme = step.TryGetProperty("prepend_scheme", out var name) ? name.GetString()
            : Flag(step, "add_prefix_space", true) ? "always" : "never";
        var isSplit = Flag(step, "split", true);
        return (text, isFirst) =>
        {
            if (text.Length == 0) return [];
            text = text.Replace(" ", mark, StringComparison.Ordinal);
            var isMarked = scheme == "always" || (scheme == "first" && isFirst);
            if (isMarked && !text.StartsWith(mark, StringComparison.Ordinal)) text = mark + text;
            return isSplit ? Regex.Split(text, $"(?={Regex.Escape(mark)})").Where(part => part.Length > 0) : [text];
        };
    }

    private static string? TypeOf(JsonElement step) => step.TryGetProperty("type", out var type) ? type.GetString() : null;

    private static bool Flag(JsonElement step, string name, bool absent) =>
        step.TryGetProperty(name, out var flag) ? flag.GetBoolean() : absent;

    private static InvalidDataException Unknown(JsonElement step, string path, string what) =>
        new($"{path} has a {what} of type '{TypeOf(step)}', which is not supported.");
}
