using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>What <c>config.json</c> tells beyond the graphs: the kind of model and the context length.</summary>
internal sealed record ClipFolderConfig(string? ModelType, int? ContextLength)
{
    /// <summary>Reads Hugging Face's and open_clip's spelling; a folder without the file tells nothing.</summary>
    public static ClipFolderConfig Read(string path)
    {
        if (!File.Exists(path)) return new(null, null);
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = json.RootElement;
            var model = Get(root, "model_cfg") ?? root;
            var type = Get(root, "model_type")?.GetString();
            var length = Get(Get(model, "text_config"), "max_position_embeddings") ?? Get(Get(model, "text_cfg"), "context_length");
            return new(type, length?.GetInt32());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"'{path}' is not a model's config.json: {e.Message}", e);
        }
    }

    /// <summary>Refuses the kinds of model whose rules are not CLIP's.</summary>
    public void RequireClip(string folder)
    {
        if (ModelType is { } type && type.Contains("siglip", StringComparison.OrdinalIgnoreCase))
            throw new NotSupportedException($"Model folder '{folder}' holds a {type} model; only CLIP models can be opened.");
    }

    private static JsonElement? Get(JsonElement? parent, string name) =>
        parent is { ValueKind: JsonValueKind.Object } element && element.TryGetProperty(name, out var value) ? value : null;
}
