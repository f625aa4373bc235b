using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Clip.AspNetCore.Requests;

/// <summary>JSON in and out.</summary>
internal static class Json
{
    /// <summary>Names as OpenAI writes them, texts as they are.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>An object.</summary>
    /// <exception cref="ApiException">It is none.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
            document.Dispose();
        }
        catch (JsonException e)
        {
            throw ApiException.BadRequest($"The body is no JSON: {ApiException.Sentence(e)}");
        }

        throw ApiException.BadRequest("The body must be a JSON object.");
    }

    /// <summary>A string.</summary>
    /// <exception cref="ApiException">It holds half of a surrogate pair, or bytes that are not UTF-8.</exception>
    public static string Text(JsonElement value, string parameter)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw ApiException.BadRequest(
                $"The field '{parameter}' holds a text that is not Unicode: {ApiException.Sentence(e)}", parameter);
        }
    }
}
