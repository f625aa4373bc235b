using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Microsoft.ML.Clip.AspNetCore.Requests;

/// <summary>
/// What a request says, however it says it: a JSON object with a picture as a data URL, a form with a file, or a picture alone with the
/// rest in the query.
/// </summary>
internal sealed class Fields
{
    private const string Picture = "image";
    private readonly Dictionary<string, List<string>> _values = new(StringComparer.Ordinal);
    private readonly string[] _known;

    private Fields(string[] known) => _known = known;

    /// <summary>The picture's bytes.</summary>
    public ReadOnlyMemory<byte>? Image { get; private set; }

    /// <summary>Those of a query.</summary>
    /// <param name="query">The query.</param>
    /// <param name="known">The fields that there are; any other is refused, for a misspelled one would be left out without a word.</param>
    public static Fields Of(IQueryCollection query, params string[] known)
    {
        var fields = new Fields(known);
        foreach (var (name, values) in query)
            foreach (var value in values)
                fields.Add(name, value ?? "");
        return fields;
    }

    /// <summary>Those of a body and of the query.</summary>
    /// <exception cref="ApiException">The body is none of the kinds, or damaged.</exception>
    public static async Task<Fields> OfAsync(HttpRequest request, ReadOnlyMemory<byte> body, params string[] known)
    {
        var fields = Of(request.Query, known);
        var type = MediaTypeHeaderValue.TryParse(request.ContentType, out var parsed) ? parsed : null;
        switch (type?.MediaType.Value?.ToLowerInvariant())
        {
            case "application/json":
                fields.AddJson(body);
                break;
            case "multipart/form-data":
                await fields.AddFormAsync(body, HeaderUtilities.RemoveQuotes(type.Boundary).Value).ConfigureAwait(false);
                break;
            case "application/octet-stream":
            case { } picture when picture.StartsWith("image/", StringComparison.Ordinal):
                if (body.IsEmpty) throw ApiException.BadRequest("The body is empty; send a picture's bytes.", Picture);
                fields.Image = body;
                break;
            default:
                throw new ApiException(
                    StatusCodes.Status415UnsupportedMediaType,
                    "Send application/json, multipart/form-data or a picture itself, image/…, and say so by Content-Type.");
        }

        return fields;
    }

    /// <summary>All values of a field, empty ones left out.</summary>
    public IReadOnlyList<string> All(string name) =>
        [.. _values.GetValueOrDefault(name, []).Select(value => value.Trim()).Where(value => value.Length > 0)];

    /// <summary>The value of a field that has one at most.</summary>
    public string? One(string name) => All(name) switch
    {
        [] => null,
        [var only] => only,
        _ => throw ApiException.BadRequest($"The field '{name}' is there more than once.", name),
    };

    /// <summary>A whole number, or <paramref name="standard"/> where the field is absent.</summary>
    public int Number(string name, int standard, int least, int most)
    {
        if (One(name) is not { } text) return standard;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw ApiException.BadRequest($"The field '{name}' must be a whole number from {least} to {most}, and is '{text}'.", name);
    }

    /// <summary>A number, or <paramref name="standard"/> where the field is absent.</summary>
    public float Real(string name, float standard, float least, float most)
    {
        if (One(name) is not { } text) return standard;
        return float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw ApiException.BadRequest($"The field '{name}' must be a number from {least} to {most}, and is '{text}'.", name);
    }

    private void Add(string name, string value)
    {
        if (!_known.Contains(name, StringComparer.Ordinal))
            throw ApiException.BadRequest($"There is no field '{name}'; there are {string.Join(", ", _known)}.", name);
        if (name == Picture)
        {
            if (Image is not null) throw ApiException.BadRequest("The field 'image' is there more than once.", Picture);
            Image = DataUrl.Picture(value, "The image", Picture);
            return;
        }

        if (!_values.TryGetValue(name, out var values)) _values[name] = values = [];
        values.Add(value);
    }

    private void AddJson(ReadOnlyMemory<byte> body)
    {
        using var document = Json.Parse(body);
        foreach (var property in document.RootElement.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Null) continue;
            if (property.Value.ValueKind != JsonValueKind.Array) Add(property.Name, Text(property.Name, property.Value));
            else foreach (var item in property.Value.EnumerateArray()) Add(property.Name, Text(property.Name, item));
        }
    }

    private static string Text(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Json.Text(value, name),
        JsonValueKind.Number => value.GetRawText(),
        _ => throw ApiException.BadRequest($"The field '{name}' takes strings or numbers.", name),
    };

    private async Task AddFormAsync(ReadOnlyMemory<byte> body, string? boundary)
    {
        if (string.IsNullOrEmpty(boundary)) throw ApiException.BadRequest("The form has no boundary in its Content-Type.");
        // Not HttpRequest.ReadFormAsync, which writes what is large to files.
        using var stream = new MemoryStream(body.ToArray(), writable: false);
        try
        {
            var reader = new MultipartReader(boundary, stream);
            while (await reader.ReadNextSectionAsync().ConfigureAwait(false) is { } section)
            {
                if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var place) || !place.Name.HasValue)
                    throw ApiException.BadRequest("A part of the form has no name.");
                var name = HeaderUtilities.RemoveQuotes(place.Name).Value!;
                using var content = new MemoryStream();
                await section.Body.CopyToAsync(content).ConfigureAwait(false);
                if (name == Picture && place.IsFileDisposition()) AddFile(content.ToArray());
                else Add(name, Encoding.UTF8.GetString(content.GetBuffer(), 0, (int)content.Length));
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw ApiException.BadRequest($"The form cannot be read: {ApiException.Sentence(e)}");
        }
    }

    private void AddFile(byte[] file)
    {
        if (Image is not null) throw ApiException.BadRequest("The field 'image' is there more than once.", Picture);
        if (file.Length == 0) throw ApiException.BadRequest("The file of the field 'image' is empty.", Picture);
        Image = file;
    }
}
