using System.Text.Json;
using Microsoft.ML.Clip.Files;

namespace Microsoft.ML.Clip.Formats;

/// <summary>Parses JSON with errors that name the file.</summary>
internal static class JsonFile
{
    /// <summary>Reads and parses a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">The most bytes it may have.</param>
    /// <param name="options">How strictly to parse.</param>
    /// <exception cref="InvalidDataException">It is no file, is larger, or is not JSON.</exception>
    public static JsonDocument Read(string path, long maxBytes, JsonDocumentOptions options = default) =>
        Parse(RegularFile.ReadAllBytes(path, maxBytes), path, options);

    public static JsonDocument Parse(ReadOnlyMemory<byte> content, string path, JsonDocumentOptions options = default)
    {
        try
        {
            return JsonDocument.Parse(content.Span.StartsWith("\uFEFF"u8) ? content[3..] : content, options);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} is not JSON: {e.Message}", e);
        }
    }

    /// <summary>The text of a value that must be one.</summary>
    /// <exception cref="FormatException">It is null.</exception>
    /// <exception cref="InvalidOperationException">It is of another kind, or its bytes are no text.</exception>
    public static string Required(this JsonElement element) =>
        element.GetString() ?? throw new FormatException("there is a null where a text must be.");

    /// <summary>A value as it stands in the file, cut to what fits a sentence.</summary>
    public static string Shown(JsonElement element)
    {
        var raw = element.GetRawText();
        return raw.Length <= 80 ? raw : $"{raw[..80]}…";
    }
}
