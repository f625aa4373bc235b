using System.Text.Json;

namespace Clip.Data.Sources;

/// <summary>Captions in a record's JSON object.</summary>
internal static class JsonCaptions
{
    /// <summary>
    /// Where captions are looked for unless a name is given: img2dataset's, then others' in use. The first that is there counts.
    /// </summary>
    public static readonly IReadOnlyList<string> DefaultKeys = ["caption", "text", "title"];

    /// <summary>The strings, or lists of strings, under the keys.</summary>
    /// <exception cref="InvalidDataException">The JSON is damaged or has no caption under any of the keys.</exception>
    public static IReadOnlyList<string> Read(ReadOnlySpan<byte> json, IReadOnlyList<string> keys)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            var found = new List<string>();
            foreach (var key in keys)
            {
                if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty(key, out var value))
                    continue;
                if (value.ValueKind == JsonValueKind.String) found.Add(value.GetString()!);
                if (value.ValueKind == JsonValueKind.Array)
                    found.AddRange(value.EnumerateArray().Where(v => v.ValueKind == JsonValueKind.String).Select(v => v.GetString()!));
                if (ReferenceEquals(keys, DefaultKeys) && found.Count > 0) break;
            }

            var captions = found.Select(caption => caption.Trim()).Where(caption => caption.Length > 0).ToArray();
            return captions.Length > 0
                ? captions
                : throw new InvalidDataException($"the .json has no caption under {string.Join(", ", keys)}");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the latter for texts that are not UTF-8
        {
            throw new InvalidDataException($"the .json is damaged: {e.Message}", e);
        }
    }
}
