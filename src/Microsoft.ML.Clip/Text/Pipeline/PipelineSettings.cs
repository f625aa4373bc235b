using System.Text.Json;
using Microsoft.ML.Clip.Files;
using Microsoft.ML.Clip.Formats;
using Microsoft.ML.Clip.Text.Bpe;
using Microsoft.ML.Clip.Text.Repair;

namespace Microsoft.ML.Clip.Text.Pipeline;

/// <summary>What the files beside a <c>tokenizer.json</c> say of its use; saved with it.</summary>
internal sealed record PipelineSettings
{
    /// <summary>More ids than any text tower reads: files that know no limit have a larger number.</summary>
    private const double NoLimit = 1 << 16;

    /// <summary><c>model_max_length</c>: the most ids of a text, those around it included.</summary>
    public int? MaxLength { get; init; }

    /// <summary><c>padding_side</c>.</summary>
    public bool? PadsLeft { get; init; }

    /// <summary><c>truncation_side</c>.</summary>
    public bool? CutsLeft { get; init; }

    /// <summary><c>pad_token</c>.</summary>
    public string? PaddingToken { get; init; }

    /// <summary>open_clip's name of what is done to texts first; null where Hugging Face's rules hold.</summary>
    public string? Cleaning { get; init; }

    /// <summary>The token that open_clip turns to 0 (<c>strip_sep_token</c>, CLIPA's models).</summary>
    public string? ZeroedToken { get; init; }

    /// <exception cref="InvalidDataException">A file is malformed, or asks for something that is not supported.</exception>
    public static PipelineSettings Read(string folder)
    {
        var settings = new PipelineSettings
        {
            PaddingToken = VocabularyReader.PaddingToken(folder),
            Cleaning = OpenClipCleaning.Find(folder)?.Name,
            ZeroedToken = OpenClipCleaning.StripsSeparator(folder) ? VocabularyReader.NamedToken(folder, "sep_token") ?? "[SEP]" : null,
        };
        var path = Path.Combine(folder, "tokenizer_config.json");
        if (!File.Exists(path)) return settings;
        using var json = JsonFile.Read(path, RegularFile.MaxTokenizer);
        if (json.RootElement.ValueKind != JsonValueKind.Object) return settings;
        return settings with
        {
            MaxLength = json.RootElement.TryGetProperty("model_max_length", out var length) && length.ValueKind == JsonValueKind.Number
                && length.GetDouble() is > 0 and <= NoLimit ? (int)length.GetDouble() : null,
            PadsLeft = IsLeft(json.RootElement, "padding_side", path),
            CutsLeft = IsLeft(json.RootElement, "truncation_side", path),
        };
    }

    private static bool? IsLeft(JsonElement root, string name, string path)
    {
        if (!root.TryGetProperty(name, out var side) || side.ValueKind == JsonValueKind.Null) return null;
        return (side.ValueKind == JsonValueKind.String ? side.GetString() : null) switch
        {
            "left" => true,
            "right" => false,
            _ => throw new InvalidDataException($"{path} has {JsonFile.Shown(side)} as {name}, which is neither left nor right."),
        };
    }
}
