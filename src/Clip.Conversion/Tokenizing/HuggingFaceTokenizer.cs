using System.Text.Json.Nodes;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Text.Bpe;

namespace Clip.Conversion.Tokenizing;

/// <summary>
/// CLIP's tokenizer in the words of Hugging Face's <c>tokenizers</c>, as transformers' converter for CLIP spells it. It cleans less than
/// CLIP does: NFC, white space and lower case, no mojibake, quotes or HTML entities.
/// </summary>
internal static class HuggingFaceTokenizer
{
    private const string Pattern = @"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";

    public static JsonObject TokenizerJson(Vocabulary vocabulary)
    {
        var (start, end) = (vocabulary.StartOfText, vocabulary.EndOfText);
        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray(AddedToken(start), AddedToken(end)),
            ["normalizer"] = Sequence(
                "normalizers",
                new JsonObject { ["type"] = "NFC" },
                new JsonObject { ["type"] = "Replace", ["pattern"] = new JsonObject { ["Regex"] = @"\s+" }, ["content"] = " " },
                new JsonObject { ["type"] = "Lowercase" }),
            ["pre_tokenizer"] = Sequence(
                "pretokenizers",
                new JsonObject
                {
                    ["type"] = "Split",
                    ["pattern"] = new JsonObject { ["Regex"] = Pattern },
                    ["behavior"] = "Removed",
                    ["invert"] = true,
                },
                ByteLevel(addPrefixSpace: false)),
            ["post_processor"] = new JsonObject
            {
                ["type"] = "RobertaProcessing",
                ["sep"] = new JsonArray(end, vocabulary.Ids[end]),
                ["cls"] = new JsonArray(start, vocabulary.Ids[start]),
                ["trim_offsets"] = false,
                ["add_prefix_space"] = false,
            },
            ["decoder"] = ByteLevel(addPrefixSpace: true),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = end,
                ["continuing_subword_prefix"] = "",
                ["end_of_word_suffix"] = Vocabulary.WordEnd,
                ["fuse_unk"] = false,
                ["vocab"] = new JsonObject(vocabulary.InOrder.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))),
                ["merges"] = new JsonArray([.. vocabulary.Merges.Select(m => (JsonNode?)$"{m.Left} {m.Right}")]),
            },
        };

        JsonObject AddedToken(string content) => Token(content, ("id", vocabulary.Ids[content]), ("special", true));
    }

    public static JsonObject Config(Vocabulary vocabulary, int contextLength, string padding) => new()
    {
        ["tokenizer_class"] = "CLIPTokenizer",
        ["do_lower_case"] = true,
        ["model_max_length"] = contextLength,
        ["errors"] = "replace",
        ["bos_token"] = vocabulary.StartOfText,
        ["eos_token"] = vocabulary.EndOfText,
        ["pad_token"] = padding,
        ["unk_token"] = vocabulary.EndOfText,
    };

    public static JsonObject SpecialTokens(Vocabulary vocabulary, string padding) => new()
    {
        ["bos_token"] = Token(vocabulary.StartOfText),
        ["eos_token"] = Token(vocabulary.EndOfText),
        ["pad_token"] = padding,
        ["unk_token"] = Token(vocabulary.EndOfText),
    };

    private static JsonObject Token(string content, params ReadOnlySpan<(string Key, JsonNode Value)> more)
    {
        var token = new JsonObject
        {
            ["content"] = content,
            ["single_word"] = false,
            ["lstrip"] = false,
            ["rstrip"] = false,
            ["normalized"] = false,
        };
        foreach (var (key, value) in more) token[key] = value;
        return token;
    }

    private static JsonObject Sequence(string key, params JsonNode?[] steps) =>
        new() { ["type"] = "Sequence", [key] = new JsonArray(steps) };

    private static JsonObject ByteLevel(bool addPrefixSpace) =>
        new() { ["type"] = "ByteLevel", ["add_prefix_space"] = addPrefixSpace, ["trim_offsets"] = true, ["use_regex"] = true };
}
