using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>Parses JSON with errors that name the file.</summary>
internal static class JsonFile
{
    public static JsonDocument Parse(ReadOnlyMemory<byte> content, string path)
    {
        try
        {
            return JsonDocument.Parse(content);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} is not JSON: {e.Message}", e);
        }
    }
}
