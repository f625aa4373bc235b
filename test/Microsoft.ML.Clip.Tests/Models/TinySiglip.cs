using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.Clip.Text.Bpe;

namespace Microsoft.ML.Clip.Tests.Models;

/// <summary>
/// A SigLIP that knows three colors, in the layout that transformers.js reads: outputs named <c>pooler_output</c>, a unigram tokenizer,
/// and a text tower to which every position counts, so that padding shows in its features.
/// </summary>
internal static class TinySiglip
{
    public const float LogitScale = 5;
    public const float LogitBias = -2.5f;
    public const int ContextLength = 12;

    private const string Letters = "abcdefghijklmnopqrstuvwxyz0123456789▁";

    private static readonly string[] Pieces =
        ["<pad>", "</s>", "<unk>", "▁a", "▁photo", "▁of", "▁red", "▁green", "▁blue", "▁thing", .. Letters.Select(c => c.ToString())];

    public static void Lay(string folder)
    {
        string File(string name) => Path.Combine(folder, name);
        SaveVision(File("onnx/vision_model.onnx"));
        SaveText(File("onnx/text_model.onnx"));
        SaveCombined(File("onnx/model.onnx"));
        System.IO.File.WriteAllText(File("tokenizer.json"), TokenizerJson());
        System.IO.File.WriteAllText(File("tokenizer_config.json"), $$"""
            {"tokenizer_class": "SiglipTokenizer", "model_max_length": {{ContextLength}}, "pad_token": "</s>", "eos_token": "</s>",
             "unk_token": "<unk>"}
            """);
        System.IO.File.WriteAllText(File("preprocessor_config.json"), """
            {"image_processor_type": "SiglipImageProcessor", "do_normalize": true, "do_rescale": true, "do_resize": true,
             "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "resample": 3, "rescale_factor": 0.00392156862745098,
             "size": {"height": 32, "width": 32}}
            """);
        System.IO.File.WriteAllText(
            File("config.json"), $$$"""{"model_type": "siglip", "text_config": {"max_position_embeddings": {{{ContextLength}}}}}""");
        Safetensors.Save(File("model.safetensors"), ("logit_scale", MathF.Log(LogitScale)), ("logit_bias", LogitBias));
    }

    private static void SaveVision(string path)
    {
        var graph = new OnnxGraph();
        Vision(graph, "pooler_output");
        graph.Output("pooler_output", OnnxGraph.Float, "batch", TinyClip.Dimension);
        graph.Save(path);
    }

    private static void SaveText(string path)
    {
        var graph = new OnnxGraph();
        Text(graph, "pooler_output");
        graph.Output("last_hidden_state", OnnxGraph.Float, "batch", "length", 3);
        graph.Output("pooler_output", OnnxGraph.Float, "batch", TinyClip.Dimension);
        graph.Save(path);
    }

    /// <summary>As Hugging Face's export: normalized embeddings, and logits with scale and bias inside.</summary>
    private static void SaveCombined(string path)
    {
        var graph = new OnnxGraph();
        Text(graph, "text_features");
        Vision(graph, "image_features");
        foreach (var side in new[] { "text", "image" })
        {
            graph.Node("LpNormalization", $"{side}_embeds", [$"{side}_features"], ("axis", 1), ("p", 2));
            graph.Output($"{side}_embeds", OnnxGraph.Float, $"{side}_batch", TinyClip.Dimension);
        }

        graph.Node("Transpose", "text_embeds_t", ["text_embeds"]);
        graph.Node("MatMul", "cosines", ["image_embeds", "text_embeds_t"]);
        graph.Node("Mul", "scaled", ["cosines", graph.Weights("scale", [LogitScale])]);
        graph.Node("Add", "logits_per_image", ["scaled", graph.Weights("logit_bias", [LogitBias])]);
        graph.Output("logits_per_image", OnnxGraph.Float, "image_batch", "text_batch");
        graph.Save(path);
    }

    private static void Vision(OnnxGraph graph, string output)
    {
        graph.Input("pixel_values", OnnxGraph.Float, "image_batch", 3, TinyClip.ImageSize, TinyClip.ImageSize);
        graph.Node("GlobalAveragePool", "pooled", ["pixel_values"]);
        graph.Node("Flatten", "colour", ["pooled"], ("axis", 1));
        graph.Node("MatMul", output, ["colour", TinyClip.Projection(graph, "vision_projection")]);
    }

    private static void Text(OnnxGraph graph, string output)
    {
        graph.Input("input_ids", OnnxGraph.Int64, "text_batch", "length");
        var table = graph.Weights("token_embedding", [.. Pieces.SelectMany((piece, id) => Color(piece, id))], Pieces.Length, 3);
        graph.Node("Gather", "last_hidden_state", [table, "input_ids"]);
        graph.Node(
            "ReduceSum", "summed", ["last_hidden_state", graph.Constant("along", [1], OnnxGraph.Int64, 1)], ("keepdims", 0));
        graph.Node("MatMul", output, ["summed", TinyClip.Projection(graph, "text_projection")]);
    }

    /// <summary>Where images of the color are, with a mean and deviation of 0.5; padding pulls a text a little towards blue.</summary>
    private static float[] Color(string piece, int id) => piece switch
    {
        "▁red" => [0.8f, -0.8f, -0.8f],
        "▁green" => [-0.8f, 0.8f, -0.8f],
        "▁blue" => [-0.8f, -0.8f, 0.8f],
        "</s>" => [0, 0, 0.03f],
        _ => [0.01f * MathF.Sin(id), 0.01f * MathF.Sin(2 * id), 0.01f * MathF.Sin(3 * id)],
    };

    /// <summary>With the steps of SigLIP's published file, less its map of characters.</summary>
    private static string TokenizerJson() => JsonSerializer.Serialize(new JsonObject
    {
        ["version"] = "1.0",
        ["added_tokens"] = new JsonArray([.. Pieces.Take(3).Select((piece, id) => new JsonObject
        {
            ["id"] = id, ["content"] = piece, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = false,
            ["special"] = true,
        })]),
        ["normalizer"] = SentencePieceFiles.SiglipNormalizer(charsMap: null),
        ["pre_tokenizer"] = Metaspace(),
        ["post_processor"] = SentencePieceFiles.EndOfText("</s>", 1),
        ["decoder"] = Metaspace(),
        ["model"] = new JsonObject
        {
            ["type"] = "Unigram",
            ["unk_id"] = 2,
            ["byte_fallback"] = false,
            ["vocab"] = new JsonArray([.. Pieces.Select((piece, id) => new JsonArray(piece, id < 3 ? 0 : -1 - (0.1 * id)))]),
        },
    });

    private static JsonObject Metaspace() =>
        new() { ["type"] = "Metaspace", ["replacement"] = "▁", ["prepend_scheme"] = "always", ["split"] = true };
}
