using System.Text.Json;
using Microsoft.ML.Clip.Formats;

namespace Microsoft.ML.Clip.Text.Pipeline;

/// <summary>
/// One object of a <c>tokenizer.json</c>: a normalizer, a model and so on. It remembers which of its properties were read, so that one
/// that nobody knows is refused by name and never passed over.
/// </summary>
internal sealed class PipelineStep
{
    private readonly JsonElement _json;
    private readonly HashSet<string> _read = ["type"];

    public PipelineStep(JsonElement json, string path, string what)
    {
        (_json, Path, What) = (json, path, what);
        if (json.ValueKind != JsonValueKind.Object) throw Wrong($"is {JsonFile.Shown(json)}, not an object");
        Type = json.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String ? type.Required() : "";
    }

    /// <summary>The file, for messages.</summary>
    public string Path { get; }

    /// <summary>Which part of the file it is, for messages.</summary>
    public string What { get; }

    /// <summary>The name of its kind; empty where the file has none.</summary>
    public string Type { get; }

    public bool Has(string name) => _json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    public JsonElement? Find(string name)
    {
        _read.Add(name);
        return Has(name) ? _json.GetProperty(name) : null;
    }

    public JsonElement Get(string name) => Find(name) ?? throw Wrong($"has no '{name}'");

    public bool Flag(string name, bool absent = false) => Find(name) switch
    {
        null => absent,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } other => throw Wrong($"has {JsonFile.Shown(other)} as '{name}', which is neither true nor false"),
    };

    public string Text(string name) => TextOrNull(name) ?? throw Wrong($"has no '{name}'");

    public string? TextOrNull(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => text.Required(),
        { } other => throw Wrong($"has {JsonFile.Shown(other)} as '{name}', which is no text"),
    };

    public int? Number(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } number when number.TryGetInt32(out var value) => value,
        { } other => throw Wrong($"has {JsonFile.Shown(other)} as '{name}', which is no whole number"),
    };

    public IEnumerable<JsonElement> Items(string name) =>
        Get(name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : throw Wrong($"has no list '{name}'");

    /// <summary>A part of this one; null where the file has none.</summary>
    public PipelineStep? Part(string name, string what) => Find(name) is { } part ? new PipelineStep(part, Path, what) : null;

    /// <summary>Its parts of the same kind, as a <c>Sequence</c> has them.</summary>
    public IEnumerable<PipelineStep> Parts(string name) => Items(name).Select(item => new PipelineStep(item, Path, What));

    /// <summary>Properties that do not change ids, or that were looked at otherwise.</summary>
    public void Pass(params string[] names) => _read.UnionWith(names);

    /// <summary>Refuses what has not been read.</summary>
    public void RequireAllRead()
    {
        foreach (var property in _json.EnumerateObject())
        {
            if (!_read.Contains(property.Name) && property.Value.ValueKind != JsonValueKind.Null)
                throw Wrong($"has '{property.Name}', which is not supported");
        }
    }

    public InvalidDataException UnknownType() => new($"{Path} has a {What} of type '{Type}', which is not supported.");

    /// <param name="problem">What is wrong with it, as the end of a sentence about it.</param>
    public InvalidDataException Wrong(string problem) =>
        new($"{Path}: the {What}{(string.IsNullOrEmpty(Type) ? "" : $" '{Type}'")} {problem}.");
}
