using System.Text.Json.Nodes;

namespace Clip.Testing;

/// <summary>BERT's kind of tokenizer with few entries: some words, and all letters and digits.</summary>
internal static class TinyBert
{
    private static readonly string[] Words = ["a", "red", "green", "blue", "white", "wall", "number"];

    /// <summary>Writes the files that Hugging Face's repositories have of one.</summary>
    /// <param name="folder">Made if need be.</param>
    /// <param name="words">Words with an entry of their own; without any, those of the tiny runs' captions.</param>
    /// <returns>The folder.</returns>
    public static string Write(string folder, params string[] words)
    {
        var characters = "abcdefghijklmnopqrstuvwxyz0123456789".Select(c => c.ToString()).ToArray();
        string[] entries =
            ["[PAD]", "[UNK]", "[CLS]", "[SEP]", .. (words is [] ? Words : words).Union(characters), .. characters.Select(c => $"##{c}")];
        var ids = entries.Select((entry, id) => (entry, id)).ToDictionary(e => e.entry, e => e.id);
        var json = new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray([.. entries.Take(4).Select(entry => new JsonObject
            {
                ["id"] = ids[entry], ["content"] = entry, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false,
                ["normalized"] = false, ["special"] = true,
            })]),
            ["normalizer"] = new JsonObject
            {
                ["type"] = "BertNormalizer",
                ["clean_text"] = true,
                ["handle_chinese_chars"] = true,
                ["strip_accents"] = null,
                ["lowercase"] = true,
            },
            ["pre_tokenizer"] = new JsonObject { ["type"] = "BertPreTokenizer" },
            ["post_processor"] = new JsonObject
            {
                ["type"] = "BertProcessing",
                ["sep"] = new JsonArray("[SEP]", 3),
                ["cls"] = new JsonArray("[CLS]", 2),
            },
            ["decoder"] = new JsonObject { ["type"] = "WordPiece", ["prefix"] = "##", ["cleanup"] = true },
            ["model"] = new JsonObject
            {
                ["type"] = "WordPiece",
                ["unk_token"] = "[UNK]",
                ["continuing_subword_prefix"] = "##",
                ["max_input_chars_per_word"] = 100,
                ["vocab"] = new JsonObject(ids.Select(e => KeyValuePair.Create(e.Key, (JsonNode?)e.Value))),
            },
        };
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), json.ToJsonString());
        File.WriteAllText(
            Path.Combine(folder, "tokenizer_config.json"),
            """{"tokenizer_class": "BertTokenizer", "model_max_length": 512, "pad_token": "[PAD]", "sep_token": "[SEP]"}""");
        File.WriteAllText(Path.Combine(folder, "vocab.txt"), string.Concat(entries.Select(entry => $"{entry}\n")));
        return folder;
    }
}
