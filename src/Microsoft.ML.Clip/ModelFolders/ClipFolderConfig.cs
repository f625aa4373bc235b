using System.Text.Json;
using Microsoft.ML.Clip.Files;
using Microsoft.ML.Clip.Formats;

namespace Microsoft.ML.Clip.ModelFolders;

/// <summary>What <c>config.json</c> tells beyond the graphs.</summary>
/// <param name="ModelType">Hugging Face's name of the kind of model.</param>
/// <param name="ContextLength">The longest token sequence.</param>
/// <param name="IsCausal">Whether a token attends to those before it only, so that what follows end-of-text cannot matter.</param>
internal sealed record ClipFolderConfig(string? ModelType, int? ContextLength, bool? IsCausal)
{
    /// <summary>More tokens than any text tower reads; a batch of texts may be filled up to this.</summary>
    private const int LongestContext = 1 << 16;

    /// <summary>Width of the space of images and texts.</summary>
    public int? Dimension { get; init; }

    /// <summary>Width of the text tower before its projection.</summary>
    public int? TextWidth { get; init; }

    /// <summary>Width of the image tower before its projection.</summary>
    public int? VisionWidth { get; init; }

    /// <summary>Whether the model is of SigLIP's kind: pairs are scored by themselves, with a sigmoid.</summary>
    public bool IsSiglip => HasInitialBias || ModelType?.StartsWith("siglip", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Whether open_clip's config has a bias for training to start with, which models of SigLIP's kind alone have.</summary>
    public bool HasInitialBias { get; init; }

    /// <summary>Reads Hugging Face's and open_clip's spelling; a folder without the file tells nothing.</summary>
    public static ClipFolderConfig Read(string? path)
    {
        if (path is null) return new(null, null, null);
        try
        {
            using var json = JsonFile.Read(path, RegularFile.MaxSettings);
            var root = json.RootElement;
            var model = Get(root, "model_cfg") ?? root;
            var type = Get(root, "model_type")?.GetString();
            // Of a text tower alone the config has the section's keys.
            var isAlone = type == "distilbert" || type?.EndsWith("_text_model", StringComparison.Ordinal) == true;
            var alone = isAlone ? model : (JsonElement?)null;
            // Of sentence-transformers' settings clip convert keeps the length there.
            var length = Get(alone, "max_seq_length") ?? Get(Get(model, "text_config") ?? alone, "max_position_embeddings")
                ?? Get(Get(model, "text_cfg"), "context_length");
            var isSiglip = type?.StartsWith("siglip", StringComparison.OrdinalIgnoreCase) == true;
            // clip convert keeps open_clip's words in Hugging Face's config. A text read at the context's last place is padded as well.
            var text = Get(model, "text_cfg") ?? Get(model, "text_config") ?? alone;
            // So is CoCa's, whose class token stands behind the context.
            var isPadded = isSiglip || Get(text, "pool_type")?.GetString() == "last"
                || Get(text, "embed_cls") is { ValueKind: JsonValueKind.True };
            var image = Get(model, "vision_cfg") ?? Get(model, "vision_config");
            // RoBERTa's positions count from behind the padding's id.
            var unread = type == "altclip" && (Get(text, "pad_token_id") ?? default) is { ValueKind: JsonValueKind.Number } padding
                ? padding.GetInt32() + 1
                : 0;
            return new(type, Length(length, path) - unread, isPadded ? false : !Get(text, "no_causal_mask")?.GetBoolean())
            {
                HasInitialBias = Get(model, "init_logit_bias") is { ValueKind: JsonValueKind.Number },
                Dimension = Width(model, "projection_dim") ?? Width(model, "embed_dim"),
                TextWidth = Width(text, "hidden_size") ?? Width(text, "width"),
                VisionWidth = Width(image, "hidden_size") ?? Width(image, "width"),
            };
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"'{path}' is not a model's config.json: {e.Message}", e);
        }
    }

    private static int? Length(JsonElement? length, string path)
    {
        if (length is not { } given || given.ValueKind == JsonValueKind.Null) return null;
        return given.TryGetInt32(out var tokens) && tokens is > 2 and <= LongestContext ? tokens : throw new InvalidDataException(
            $"'{path}' tells a context of {JsonFile.Shown(given)} tokens; it must be a number from 3 to {LongestContext}.");
    }

    private static int? Width(JsonElement? parent, string name) =>
        Get(parent, name) is { ValueKind: JsonValueKind.Number } width && width.TryGetInt32(out var value) ? value : null;

    private static JsonElement? Get(JsonElement? parent, string name) =>
        parent is { ValueKind: JsonValueKind.Object } element && element.TryGetProperty(name, out var value) ? value : null;
}
