using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>What <c>config.json</c> tells beyond the graphs.</summary>
/// <param name="ModelType">Hugging Face's name of the kind of model.</param>
/// <param name="ContextLength">The longest token sequence.</param>
/// <param name="IsCausal">Whether a token attends to those before it only, so that what follows end-of-text cannot matter.</param>
internal sealed record ClipFolderConfig(string? ModelType, int? ContextLength, bool? IsCausal)
{
    /// <summary>Whether the model is of SigLIP's kind: pairs are scored by themselves, with a sigmoid.</summary>
    public bool IsSiglip => ModelType?.StartsWith("siglip", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Reads Hugging Face's and open_clip's spelling; a folder without the file tells nothing.</summary>
    public static ClipFolderConfig Read(string? path)
    {
        if (path is null) return new(null, null, null);
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = json.RootElement;
            var model = Get(root, "model_cfg") ?? root;
            var type = Get(root, "model_type")?.GetString();
            var length = Get(Get(model, "text_config"), "max_position_embeddings") ?? Get(Get(model, "text_cfg"), "context_length");
            var isSiglip = type?.StartsWith("siglip", StringComparison.OrdinalIgnoreCase) == true;
            // clip convert keeps open_clip's words in Hugging Face's config. A text read at the context's last place is padded as well.
            var text = Get(model, "text_cfg") ?? Get(model, "text_config");
            var isPadded = isSiglip || Get(text, "pool_type")?.GetString() == "last";
            return new(type, length?.GetInt32(), isPadded ? false : !Get(text, "no_causal_mask")?.GetBoolean());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"'{path}' is not a model's config.json: {e.Message}", e);
        }
    }

    private static JsonElement? Get(JsonElement? parent, string name) =>
        parent is { ValueKind: JsonValueKind.Object } element && element.TryGetProperty(name, out var value) ? value : null;
}
