using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Clip.Evaluation.Results;

/// <summary>Files of results: one as CLIP_benchmark writes it, or several as <c>{"results": [...]}</c>.</summary>
internal static class ResultFile
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Results as text, without what their metrics are made of.</summary>
    public static string Text(IReadOnlyList<EvaluationResult> results) =>
        Encoding.UTF8.GetString(Json(json => WriteAll(json, results, outcomes: false)));

    /// <summary>
    /// Writes results to files. Where the name has a place for what differs, such as <c>{dataset}_{model}_{task}.json</c>, each has one of
    /// its own; else all go into one.
    /// </summary>
    /// <param name="name">
    /// The name, perhaps with <c>{dataset}</c>, <c>{model}</c>, <c>{pretrained}</c>, <c>{task}</c>, <c>{language}</c>.
    /// </param>
    /// <param name="results">The results.</param>
    /// <exception cref="ClipException">Two results would have one file.</exception>
    public static void Write(string name, IReadOnlyList<EvaluationResult> results)
    {
        var files = results.GroupBy(result => PathOf(name, result)).ToArray();
        if (files.Length > 1 && files.FirstOrDefault(file => file.Count() > 1) is { } shared)
            throw new ClipException(
                $"'{name}' names one file, {shared.Key}, for {shared.Count()} results; add {{dataset}}, {{model}} and {{task}} to it.");
        foreach (var file in files)
        {
            IReadOnlyList<EvaluationResult> of = [.. file];
            WriteWhole(file.Key, Json(json =>
            {
                if (of.Count == 1) ResultJson.Write(json, of[0], outcomes: true);
                else WriteAll(json, of, outcomes: true);
            }));
        }
    }

    /// <summary>Reads a file of one result or several.</summary>
    /// <exception cref="ClipException">It is absent, or none of these.</exception>
    public static IReadOnlyList<EvaluationResult> Read(string path)
    {
        if (!File.Exists(path)) throw new ClipException($"There is no file '{path}'; give one that clip evaluate --output wrote.");
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("results", out var results)
                ? [.. results.EnumerateArray().Select(ResultJson.Read)]
                : [ResultJson.Read(json.RootElement)];
        }
        catch (Exception e) when (e is JsonException or InvalidDataException or InvalidOperationException)
        {
            throw new ClipException($"{path} cannot be read: {e.Message.TrimEnd('.')}; give a file that clip evaluate --output wrote.", e);
        }
    }

    private static string PathOf(string name, EvaluationResult result)
    {
        var task = result.FewShot > 0 ? $"{result.Task}_{result.FewShot}" : result.Task;
        return name.Replace("{dataset}", Safe(result.Dataset), StringComparison.Ordinal)
            .Replace("{model}", Safe(result.Model), StringComparison.Ordinal)
            .Replace("{pretrained}", Safe(result.Pretrained), StringComparison.Ordinal)
            .Replace("{task}", Safe(task), StringComparison.Ordinal)
            .Replace("{language}", Safe(result.Language), StringComparison.Ordinal);
    }

    /// <summary>A name as a part of a file's.</summary>
    private static string Safe(string name) =>
        string.Concat(name.Select(c => c is '/' or '\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|' || char.IsControl(c) ? '_' : c));

    private static void WriteAll(Utf8JsonWriter json, IReadOnlyList<EvaluationResult> results, bool outcomes)
    {
        json.WriteStartObject();
        json.WriteStartArray("results");
        foreach (var result in results) ResultJson.Write(json, result, outcomes);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Indented)) write(json);
        return bytes.ToArray();
    }

    private static void WriteWhole(string path, byte[] content)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
        var aside = $"{path}.tmp";
        try
        {
            File.WriteAllBytes(aside, [.. content, (byte)'\n']);
            File.Move(aside, path, overwrite: true);
        }
        catch
        {
            File.Delete(aside);
            throw;
        }
    }
}
