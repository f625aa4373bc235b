using System.Text.Json;
using System.Text.Json.Nodes;

namespace Microsoft.ML.Clip.Tests.Models;

/// <summary>
/// A CLIP that knows three colors by their English and Chinese names, with a text tower of BERT's kind: WordPiece, every token attends to
/// every other, and what fills a text up would show in its features if a mask did not hide it.
/// </summary>
internal static class TinyBert
{
    private static readonly string[] Tokens =
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "红", "绿", "蓝", "色", "的", "照", "片", "red", "green", "blue", "a", "photo", "of", "thing", "##s"];

    /// <summary>Texts of different lengths, with the color that each is of.</summary>
    public static readonly (string Text, int Color)[] Captions =
        [("红", 0), ("a photo of a GREEN thing", 1), ("一张蓝色的照片", 2), ("Réd things", 0), ("blue", 2)];

    /// <param name="folder">Where the file goes.</param>
    /// <param name="more">What else the file says, such as its padding.</param>
    public static void SaveTokenizer(string folder, params (string Name, JsonNode Value)[] more)
    {
        Directory.CreateDirectory(folder);
        var file = new JsonObject
        {
            ["added_tokens"] = new JsonArray([.. Tokens.Take(4).Select((token, id) => new JsonObject
            {
                ["id"] = id, ["content"] = token, ["special"] = true, ["normalized"] = false,
            })]),
            ["normalizer"] = new JsonObject { ["type"] = "BertNormalizer", ["lowercase"] = true },
            ["pre_tokenizer"] = new JsonObject { ["type"] = "BertPreTokenizer" },
            ["post_processor"] = new JsonObject
            {
                ["type"] = "BertProcessing",
                ["cls"] = new JsonArray("[CLS]", 2),
                ["sep"] = new JsonArray("[SEP]", 3),
            },
            ["model"] = new JsonObject
            {
                ["type"] = "WordPiece",
                ["unk_token"] = "[UNK]",
                ["vocab"] = new JsonObject(Tokens.Select((token, id) => KeyValuePair.Create<string, JsonNode?>(token, id))),
            },
        };
        foreach (var (name, value) in more) file[name] = value;
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), JsonSerializer.Serialize(file));
    }

    /// <summary>One tower, or both where each side has an output.</summary>
    public static void Save(
        string path, string? text = null, string? image = null, string ids = "input_ids", int idType = OnnxGraph.Int64,
        object? length = null, bool mask = false, bool types = false, bool normalized = false, string pixels = "pixel_values")
    {
        var graph = new OnnxGraph();
        if (text is not null) Text(graph, text, ids, idType, length ?? "length", mask, types);
        if (image is not null) Vision(graph, image, pixels);
        foreach (var output in new[] { text, image }.OfType<string>())
        {
            var batch = output == text ? "text_batch" : "image_batch";
            graph.Output(output, OnnxGraph.Float, batch, TinyClip.Dimension);
            if (!normalized) continue;
            graph.Node("LpNormalization", $"l2norm_{output}", [output], ("axis", 1), ("p", 2));
            graph.Output($"l2norm_{output}", OnnxGraph.Float, batch, TinyClip.Dimension);
        }

        graph.Save(path);
    }

    /// <summary>Which of red, green and blue the image tower sees.</summary>
    private static void Vision(OnnxGraph graph, string output, string pixels)
    {
        graph.Input(pixels, OnnxGraph.Float, "image_batch", 3, TinyClip.ImageSize, TinyClip.ImageSize);
        graph.Node("GlobalAveragePool", "pooled", [pixels]);
        graph.Node("Flatten", "mean_color", ["pooled"], ("axis", 1));
        graph.Node("Sub", "centered", ["mean_color", graph.Weights("gray", [0.35f, 0.35f, 0.35f], 3)]);
        graph.Node("MatMul", output, ["centered", TinyClip.Projection(graph, "visual_projection")]);
    }

    /// <summary>The sum of the tokens that the mask lets through, of all where there is no mask.</summary>
    private static void Text(OnnxGraph graph, string output, string ids, int idType, object length, bool mask, bool types)
    {
        graph.Input(ids, idType, "text_batch", length);
        var table = graph.Weights("token_embedding", [.. Tokens.SelectMany(Color)], Tokens.Length, 3);
        var tokens = graph.Node("Gather", "tokens", [table, ids]);
        if (types)
        {
            graph.Input("token_type_ids", OnnxGraph.Int64, "text_batch", length);
            var kinds = graph.Weights("type_embedding", [0, 0, 0, 9, -9, 9], 2, 3);
            tokens = graph.Node("Add", "typed", [tokens, graph.Node("Gather", "kinds", [kinds, "token_type_ids"])]);
        }

        if (mask)
        {
            graph.Input("attention_mask", OnnxGraph.Int64, "text_batch", length);
            graph.Node("Cast", "live", ["attention_mask"], ("to", OnnxGraph.Float));
            graph.Node("Unsqueeze", "live_column", ["live", graph.Constant("last", [-1], OnnxGraph.Int64, 1)]);
            tokens = graph.Node("Mul", "live_tokens", [tokens, "live_column"]);
        }

        graph.Node("ReduceSum", "summed", [tokens, graph.Constant("along", [1], OnnxGraph.Int64, 1)], ("keepdims", 0));
        graph.Node("MatMul", output, ["summed", TinyClip.Projection(graph, "text_projection")]);
    }

    private static float[] Color(string token, int id) => token switch
    {
        "red" or "红" => [0.5f, -0.3f, -0.3f],
        "green" or "绿" => [-0.3f, 0.5f, -0.3f],
        "blue" or "蓝" => [-0.3f, -0.3f, 0.5f],
        "[PAD]" => [0.2f, -0.1f, 0.1f],
        _ => [0.01f * MathF.Sin(id), 0.01f * MathF.Sin(2 * id), 0.01f * MathF.Sin(3 * id)],
    };
}
