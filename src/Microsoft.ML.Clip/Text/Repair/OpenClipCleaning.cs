using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.ML.Clip.Files;
using Microsoft.ML.Clip.Formats;
using Microsoft.ML.Clip.Text.Unicode;

namespace Microsoft.ML.Clip.Text.Repair;

/// <summary>
/// What open_clip does to texts before a Hugging Face tokenizer gets them (its <c>HFTokenizer</c> and <c>get_clean_fn</c>), as a folder's
/// <c>open_clip_config.json</c> says; Hugging Face itself does none of it.
/// </summary>
/// <param name="name">open_clip's name: <c>canonicalize</c>, <c>lower</c>, <c>whitespace</c> or <c>whitespace_underscore</c>.</param>
internal sealed class OpenClipCleaning(string name)
{
    /// <summary>The file and the key in it where folders that this project writes keep the name; other software does not know it.</summary>
    public const string OwnFile = "tokenizer_config.json", OwnKey = "clean";

    /// <summary>The key in the same file that says whether the separator's id becomes 0.</summary>
    public const string OwnSeparatorKey = "strip_sep_token";

    /// <summary>What open_clip does where its config does not say.</summary>
    public const string OpenClipDefault = "whitespace";

    private static readonly SearchValues<char> Punctuation = SearchValues.Create("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");

    /// <summary>open_clip's name of it.</summary>
    public string Name { get; } = name;

    /// <summary>What a folder's files say; null where it is not open_clip's, nor written from one.</summary>
    /// <exception cref="InvalidDataException">A file is malformed, or names a cleaning that open_clip does not have.</exception>
    public static OpenClipCleaning? Find(string folder)
    {
        if (OpenClipConfig.Find(folder) is { } config) return Create(config.Cleaning ?? OpenClipDefault, config.Path);

        var own = Path.Combine(folder, OwnFile);
        if (!File.Exists(own)) return null;
        using var ownJson = JsonFile.Read(own, RegularFile.MaxSettings);
        return Name(ownJson.RootElement, OwnKey) is { } name ? Create(name, own) : null;

        static string? Name(JsonElement parent, string key) =>
            parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String
                ? value.GetString() : null;
    }

    /// <summary>Whether a folder's files say that the separator's id becomes 0 (CLIPA's models).</summary>
    /// <exception cref="InvalidDataException">A file is malformed.</exception>
    public static bool StripsSeparator(string folder)
    {
        if (OpenClipConfig.Find(folder) is { } config) return config.StripsSeparator;
        var own = Path.Combine(folder, OwnFile);
        if (!File.Exists(own)) return false;
        using var json = JsonFile.Read(own, RegularFile.MaxSettings);
        return json.RootElement.ValueKind == JsonValueKind.Object
            && json.RootElement.TryGetProperty(OwnSeparatorKey, out var strips) && strips.ValueKind == JsonValueKind.True;
    }

    public string Apply(string text)
    {
        if (Name == "lower") return TextCleaner.Clean(text);
        text = TextCleaner.Repair(text);
        return Name switch
        {
            "canonicalize" => TextCleaner.CollapseSpaces(LowerCase.Apply(WithoutPunctuation(text))),
            "whitespace_underscore" => TextCleaner.CollapseSpaces(text.Replace('_', ' ')),
            _ => TextCleaner.CollapseSpaces(text),
        };
    }

    private static OpenClipCleaning Create(string name, string path) =>
        name is "canonicalize" or "lower" or "whitespace" or "whitespace_underscore"
            ? new(name)
            : throw new InvalidDataException(
                $"{path} asks for the text cleaning '{name}'; open_clip has canonicalize, lower, whitespace and whitespace_underscore.");

    /// <summary>Underscores part words; the other punctuation goes before the case does, which a final sigma notices.</summary>
    private static string WithoutPunctuation(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (c == '_') result.Append(' ');
            else if (!Punctuation.Contains(c)) result.Append(c);
        }

        return result.ToString();
    }
}
