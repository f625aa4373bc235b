using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.ML.Clip.AspNetCore.Batching;
using Microsoft.ML.Clip.AspNetCore.Requests;

namespace Microsoft.ML.Clip.AspNetCore.Endpoints;

/// <summary>
/// <c>POST v1/embeddings</c> as OpenAI's API has it, so that its clients work; and pictures, as data URLs among the inputs.
/// </summary>
internal static class EmbeddingsEndpoint
{
    /// <summary>OpenAI's own limit.</summary>
    private const int MaxInputs = 2048;

    public static async Task AnswerAsync(HttpContext context, ReadOnlyMemory<byte> body)
    {
        var engine = context.RequestServices.GetRequiredService<ClipEngine>();
        var options = context.RequestServices.GetRequiredService<ClipServerOptions>();
        // A page of another site may send a form without asking, and JSON only where it is allowed to.
        if (!context.Request.HasJsonContentType())
            throw new ApiException(StatusCodes.Status415UnsupportedMediaType, "Send application/json, and say so by Content-Type.");

        string[] inputs;
        bool isBase64;
        using (var document = Json.Parse(body))
        {
            var request = document.RootElement;
            CheckModel(request, engine);
            CheckDimensions(request, engine.Model.Dimension);
            isBase64 = IsBase64(request);
            inputs = Inputs(request);
        }

        // Pictures and texts each go their way, and come back into their places.
        var isPicture = Array.ConvertAll(inputs, DataUrl.IsOne);
        int[] texts = [.. Enumerable.Range(0, inputs.Length).Where(i => !isPicture[i])];
        int[] pictures = [.. Enumerable.Range(0, inputs.Length).Where(i => isPicture[i])];
        if (pictures.Length > options.QueueLimit)
            throw ApiException.BadRequest($"There are {pictures.Length} pictures; a request may have {options.QueueLimit}.", "input");
        string[] names = [.. pictures.Select(i => $"Input {i}")];
        ReadOnlyMemory<byte>[] bytes = [.. pictures.Select(i => DataUrl.Picture(inputs[i], $"Input {i}", "input"))];
        var ofPictures = engine.EmbedImagesAsync(bytes, names, context.RequestAborted);
        var ofTexts = engine.EmbedTextsAsync([.. texts.Select(i => inputs[i])], context.RequestAborted);
        await Task.WhenAll(ofPictures, ofTexts).ConfigureAwait(false);

        var embeddings = new float[inputs.Length][];
        var (textEmbeddings, tokens) = await ofTexts.ConfigureAwait(false);
        foreach (var (i, embedding) in texts.Zip(textEmbeddings)) embeddings[i] = embedding;
        foreach (var (i, embedding) in pictures.Zip(await ofPictures.ConfigureAwait(false))) embeddings[i] = embedding;
        await WriteAsync(context, engine.Name, embeddings, tokens, isBase64).ConfigureAwait(false);
    }

    /// <summary>A wish that cannot be met is refused: vectors of another model would silently spoil an index.</summary>
    private static void CheckModel(JsonElement request, ClipEngine engine)
    {
        if (!Has(request, "model", out var model)) return;
        if (model.ValueKind == JsonValueKind.String && Json.Text(model, "model") == engine.Name) return;
        throw new ApiException(
            StatusCodes.Status404NotFound, $"The model {model.GetRawText()} is not served here; '{engine.Name}' is.", "model",
            "model_not_found");
    }

    private static void CheckDimensions(JsonElement request, int own)
    {
        if (!Has(request, "dimensions", out var dimensions)) return;
        if (dimensions.ValueKind == JsonValueKind.Number && dimensions.TryGetInt32(out var wanted) && wanted == own) return;
        throw ApiException.BadRequest(
            $"CLIP's embeddings cannot be shortened, and those of this model have {own} dimensions; leave 'dimensions' out.", "dimensions");
    }

    private static bool IsBase64(JsonElement request)
    {
        if (!Has(request, "encoding_format", out var format)) return false;
        return (format.ValueKind == JsonValueKind.String ? Json.Text(format, "encoding_format") : null) switch
        {
            "float" => false,
            "base64" => true,
            _ => throw ApiException.BadRequest("The field 'encoding_format' must be \"float\" or \"base64\".", "encoding_format"),
        };
    }

    private static string[] Inputs(JsonElement request)
    {
        if (!Has(request, "input", out var input)) throw ApiException.BadRequest("The field 'input' is missing.", "input");
        if (input.ValueKind == JsonValueKind.String) return [Json.Text(input, "input")];
        if (input.ValueKind != JsonValueKind.Array) throw ApiException.BadRequest("The field 'input' takes a string or strings.", "input");
        if (input.GetArrayLength() is 0 or > MaxInputs)
        {
            throw ApiException.BadRequest(
                $"The field 'input' takes from 1 to {MaxInputs} strings, and has {input.GetArrayLength()}.", "input");
        }

        return [.. input.EnumerateArray().Select((item, i) => item.ValueKind switch
        {
            JsonValueKind.String => Json.Text(item, "input"),
            JsonValueKind.Number or JsonValueKind.Array => throw ApiException.BadRequest(
                "The field 'input' has tokens, which are another tokenizer's; send the texts themselves.", "input"),
            _ => throw ApiException.BadRequest($"Input {i} is no string.", "input"),
        })];
    }

    private static bool Has(JsonElement request, string name, out JsonElement value) =>
        request.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    private static async Task WriteAsync(HttpContext context, string model, float[][] embeddings, long tokens, bool isBase64)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter);
        writer.WriteStartObject();
        writer.WriteString("object", "list");
        writer.WriteStartArray("data");
        for (var i = 0; i < embeddings.Length; i++)
        {
            writer.WriteStartObject();
            writer.WriteString("object", "embedding");
            writer.WriteNumber("index", i);
            if (isBase64) writer.WriteBase64String("embedding", Bytes(embeddings[i]));
            else WriteNumbers(writer, embeddings[i]);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteString("model", model);
        writer.WriteStartObject("usage");
        writer.WriteNumber("prompt_tokens", tokens);
        writer.WriteNumber("total_tokens", tokens);
        writer.WriteEndObject();
        writer.WriteEndObject();
        await writer.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }

    private static void WriteNumbers(Utf8JsonWriter writer, float[] embedding)
    {
        writer.WriteStartArray("embedding");
        foreach (var value in embedding) writer.WriteNumberValue(value);
        writer.WriteEndArray();
    }

    /// <summary>Little-endian floats.</summary>
    private static ReadOnlySpan<byte> Bytes(float[] embedding)
    {
        if (BitConverter.IsLittleEndian) return MemoryMarshal.AsBytes(embedding.AsSpan());
        var bytes = new byte[embedding.Length * sizeof(float)];
        for (var i = 0; i < embedding.Length; i++) BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), embedding[i]);
        return bytes;
    }
}

/// <summary>A request, for the API's description.</summary>
internal sealed record EmbeddingsRequest(
    [property: Description("A text, or a picture as a data URL, or several of them.")] object Input,
    [property: Description("The model's name; may be left out.")] string? Model,
    [property: Description("float or base64 (little-endian float32).")] string? EncodingFormat,
    [property: Description("The model's own number of dimensions, if anything.")] int? Dimensions);

/// <summary>An answer, for the API's description.</summary>
internal sealed record EmbeddingsResponse(string Object, IReadOnlyList<EmbeddingItem> Data, string Model, EmbeddingsUsage Usage);

/// <summary>One input's embedding.</summary>
internal sealed record EmbeddingItem(string Object, int Index, object Embedding);

/// <summary>The tokens of the texts.</summary>
internal sealed record EmbeddingsUsage(int PromptTokens, int TotalTokens);
