using System.Text.Json;
using Microsoft.ML.Clip.Files;
using Microsoft.ML.Clip.Formats;
using Microsoft.ML.Clip.Text.Bpe;
using Microsoft.ML.Clip.Text.Repair;

namespace Microsoft.ML.Clip.Text.Pipeline;

/// <summary>Which tokenizer a <c>tokenizer.json</c> is for.</summary>
internal enum TokenizerKind
{
    /// <summary>CLIP's own: <see cref="ClipTokenizer"/>.</summary>
    Clip,

    /// <summary>SigLIP's, whose texts are treated as SigLIP's processor does: <see cref="SiglipTokenizer"/>.</summary>
    Siglip,

    /// <summary>Any other: <see cref="PipelineTokenizer"/>.</summary>
    Pipeline,
}

/// <summary>Tells the kinds apart.</summary>
internal static class TokenizerKinds
{
    /// <summary>The classes of Hugging Face that SigLIP's tokenizers are published under, besides its own.</summary>
    private static readonly string[] Shared = ["Gemma", "T5", "PreTrained", "Tokenizers"];

    /// <summary>Looks at a file and at the configs beside it.</summary>
    /// <param name="root">The file's JSON.</param>
    /// <param name="folder">Its folder.</param>
    /// <exception cref="InvalidDataException">A name in it is no text.</exception>
    public static TokenizerKind Of(JsonElement root, string folder)
    {
        try
        {
            return Find(root, folder);
        }
        catch (InvalidOperationException e)
        {
            // JSON's parser checks neither UTF-8 nor surrogates.
            throw new InvalidDataException($"{Path.Combine(folder, "tokenizer.json")} is not a tokenizer.json: {e.Message}", e);
        }
    }

    private static TokenizerKind Find(JsonElement root, string folder)
    {
        if (Part(root, "model") is not { ValueKind: JsonValueKind.Object } model) return TokenizerKind.Clip;
        var (type, hasBytes) = (Text(model, "type"), Part(model, "byte_fallback") is { ValueKind: JsonValueKind.True });
        if (type == "Unigram" || hasBytes) return IsSiglip(root, type == "Unigram", folder) ? TokenizerKind.Siglip : TokenizerKind.Pipeline;

        // CLIP's marks the ends of words, is byte-level and lower-cases.
        var isClip = type is null or "BPE" && Text(model, "end_of_word_suffix") == Vocabulary.WordEnd
            && (Part(root, "pre_tokenizer") is not { } split || Mentions(split, "ByteLevel"))
            && (Part(root, "normalizer") is not { } normalizer || Mentions(normalizer, "Lowercase"));
        return isClip || (type is null && Part(model, "vocab") is null) ? TokenizerKind.Clip : TokenizerKind.Pipeline;
    }

    /// <summary>
    /// SigLIP's are told by what the configs say, else by their shape: nothing before a text, and unigram models with the lower-casing
    /// that multilingual text towers (XLM-R, mT5) do not have.
    /// </summary>
    private static bool IsSiglip(JsonElement root, bool isUnigram, string folder)
    {
        if (ModelType(folder) is { } model) return model.StartsWith("siglip", StringComparison.OrdinalIgnoreCase);
        if (OpenClipConfig.Find(folder) is { TextModel: not null }) return false;
        var name = VocabularyReader.NamedToken(folder, "tokenizer_class");
        if (name?.StartsWith("Siglip", StringComparison.Ordinal) == true) return true;
        if (name is not null && !Shared.Any(s => name.StartsWith(s, StringComparison.Ordinal))) return false;
        return !HasTokensBefore(root) && (!isUnigram || Part(root, "normalizer") is not { } steps || Mentions(steps, "Lowercase"));
    }

    private static string? ModelType(string folder)
    {
        var path = OpenClipConfig.Places(folder, "config.json").FirstOrDefault(File.Exists);
        if (path is null) return null;
        using var json = JsonFile.Read(path, RegularFile.MaxSettings);
        return Text(json.RootElement, "model_type");
    }

    private static bool HasTokensBefore(JsonElement root)
    {
        if (Part(root, "post_processor") is not { } processor) return false;
        return Text(processor, "type") != "TemplateProcessing" || Part(processor, "single") is not { ValueKind: JsonValueKind.Array } single
            || (single.GetArrayLength() > 0 && Part(single[0], "SpecialToken") is not null);
    }

    private static bool Mentions(JsonElement step, string type) => Text(step, "type") == type
        || ((Part(step, "normalizers") ?? Part(step, "pretokenizers")) is { ValueKind: JsonValueKind.Array } steps
            && steps.EnumerateArray().Any(s => Mentions(s, type)));

    private static JsonElement? Part(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var part) && part.ValueKind != JsonValueKind.Null
            ? part : null;

    private static string? Text(JsonElement parent, string name) =>
        Part(parent, name) is { ValueKind: JsonValueKind.String } text ? text.Required() : null;
}
