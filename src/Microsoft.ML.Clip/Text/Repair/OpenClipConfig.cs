using System.Text.Json;
using Microsoft.ML.Clip.Files;
using Microsoft.ML.Clip.Formats;

namespace Microsoft.ML.Clip.Text.Repair;

/// <summary>
/// What open_clip's config says of its tokenizer: <c>open_clip_config.json</c>, or a <c>config.json</c> with open_clip's words, beside
/// the tokenizer or, in the layout with a folder <c>textual</c>, above it.
/// </summary>
internal sealed record OpenClipConfig
{
    private const string OwnFile = "open_clip_config.json";

    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>open_clip's name of what is done to texts first; null where it does not say.</summary>
    public string? Cleaning { get; init; }

    /// <summary>Whether the separator's id becomes 0.</summary>
    public bool StripsSeparator { get; init; }

    /// <summary>Hugging Face's name of the tokenizer, if it is another than CLIP's.</summary>
    public string? TokenizerName { get; init; }

    /// <summary>Hugging Face's model that the text tower is, if it is none of open_clip's own.</summary>
    public string? TextModel { get; init; }

    /// <summary>Where a file beside a tokenizer may lie.</summary>
    public static IEnumerable<string> Places(string folder, string file)
    {
        yield return System.IO.Path.Combine(folder, file);
        var full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(folder));
        if (System.IO.Path.GetFileName(full) == "textual")
            yield return System.IO.Path.Combine(System.IO.Path.GetDirectoryName(full)!, file);
    }

    /// <summary>Reads the config; null where the folder is not open_clip's.</summary>
    /// <exception cref="InvalidDataException">It is malformed, or asks for a way of tokenizing that is not supported.</exception>
    public static OpenClipConfig? Find(string folder)
    {
        foreach (var path in Places(folder, OwnFile).Concat(Places(folder, "config.json")).Where(File.Exists))
        {
            using var json = JsonFile.Read(path, RegularFile.MaxSettings);
            var model = Part(json.RootElement, "model_cfg") ?? json.RootElement;
            var isOwn = System.IO.Path.GetFileName(path) == OwnFile;
            var text = Part(model, "text_cfg");
            if (!isOwn && (text is null || Value(json.RootElement, "model_type") is not null)) continue;
            return Read(text, path);
        }

        return null;
    }

    private static OpenClipConfig Read(JsonElement? text, string path)
    {
        var options = text is { } t ? Part(t, "tokenizer_kwargs") : null;
        if (options is not { } given) return All();

        // "clips" builds its texts otherwise; a language puts another token before them.
        foreach (var name in new[] { "tokenizer_mode", "language" })
        {
            if (Name(given, name) is { Length: > 0 } value)
                throw new InvalidDataException($"{path} asks for the {name} '{value}' of its tokenizer, which is not supported.");
        }

        return All() with
        {
            Cleaning = Name(given, "clean"),
            StripsSeparator = Value(given, "strip_sep_token") is { ValueKind: JsonValueKind.True },
        };

        OpenClipConfig All() => new()
        {
            Path = path,
            TextModel = Name(text, "hf_model_name"),
            TokenizerName = Name(text, "hf_tokenizer_name"),
        };
    }

    private static JsonElement? Value(JsonElement parent, string key) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null
            ? value : null;

    private static JsonElement? Part(JsonElement parent, string key) =>
        Value(parent, key) is { ValueKind: JsonValueKind.Object } part ? part : null;

    private static string? Name(JsonElement? parent, string key) =>
        parent is { } p && Value(p, key) is { ValueKind: JsonValueKind.String } value ? value.Required() : null;
}
