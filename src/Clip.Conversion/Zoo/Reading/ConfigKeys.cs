using System.Text.Json;
using Clip.Conversion.Configs;

namespace Clip.Conversion.Zoo.Reading;

/// <summary>
/// A section of a config that remembers what was asked of it, so that what nobody asked for, and thus would be silently left out, can be
/// refused by name.
/// </summary>
/// <param name="section">The section; null for one that is absent.</param>
/// <param name="name">What it is called.</param>
/// <param name="source">Where the config came from, for messages.</param>
internal sealed class ConfigKeys(JsonElement? section, string name, string source)
{
    private readonly HashSet<string> _read = [];

    public string Source => source;

    public bool Has(string key) => Value(key) is not null;

    /// <summary>Whether a key is there and null, which is not the same as absent where that has a default.</summary>
    public bool IsNull(string key) =>
        section is { } keys && keys.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Null;

    public int Int(string key, int otherwise) => Read(key, e => e.Int(key, otherwise), otherwise);

    public double Double(string key, double otherwise) => Read(key, e => e.Double(key, otherwise), otherwise);

    public string Text(string key, string otherwise) => Read(key, e => e.Text(key, otherwise), otherwise);

    public bool Flag(string key, bool otherwise = false) => Value(key) switch
    {
        null => otherwise,
        { ValueKind: JsonValueKind.True or JsonValueKind.False } value => value.GetBoolean(),
        var value => throw new FormatException($"{name} {key} is {value}, and must be true or false"),
    };

    public int[] Ints(string key, int[] otherwise) => Value(key) is { } value ? value.Ints() : otherwise;

    /// <summary>A value that is there and not null.</summary>
    public JsonElement? Value(string key)
    {
        _read.Add(key);
        return section?.Value(key);
    }

    /// <summary>A section of this one.</summary>
    public ConfigKeys Section(string key)
    {
        var value = Value(key);
        return value is null or { ValueKind: JsonValueKind.Object }
            ? new ConfigKeys(value, $"{name} {key}", source)
            : throw new FormatException($"{name} {key} is {value}, and must be an object");
    }

    /// <summary>The same with some keys counted as asked for.</summary>
    public ConfigKeys Also(params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys) _read.Add(key);
        return this;
    }

    /// <summary>Refuses what is there, changes the model, and was not asked for.</summary>
    /// <param name="idle">Keys that do not change what is computed.</param>
    /// <exception cref="ClipException">There is such a key.</exception>
    public void RefuseOthers(params ReadOnlySpan<string> idle)
    {
        if (section is not { } keys) return;
        foreach (var key in keys.EnumerateObject())
        {
            if (_read.Contains(key.Name) || idle.Contains(key.Name) || key.Value.ValueKind is JsonValueKind.Null or JsonValueKind.False)
                continue;
            throw new ClipException($"{source}: {name} {key.Name} {key.Value} is not supported; give a model of a kind that converts.");
        }
    }

    private T Read<T>(string key, Func<JsonElement, T> read, T otherwise)
    {
        _read.Add(key);
        return section is { } keys ? read(keys) : otherwise;
    }
}
