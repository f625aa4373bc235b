using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Microsoft.ML.Clip.VectorData;

/// <summary>
/// Records as entries of an index and back: the key is the id; <c>path</c>, <c>size</c>, <c>modified</c> and <c>caption</c> are the entry's
/// own, so that an index of <c>clip index</c> is a collection as well; all else is JSON.
/// </summary>
internal sealed class RecordMapping(RecordShape shape)
{
    private static readonly Dictionary<string, OwnField> Own = new()
    {
        ["path"] = new(typeof(string), entry => entry.Path, (entry, value) => entry with { Path = (string?)value }),
        ["caption"] = new(typeof(string), entry => entry.Caption, (entry, value) => entry with { Caption = (string?)value }),
        ["size"] = new(typeof(long), entry => entry.Size, (entry, value) => entry with { Size = (long?)value }),
        ["modified"] = new(
            typeof(DateTimeOffset), entry => entry.Modified, (entry, value) => entry with { Modified = (DateTimeOffset?)value }),
    };

    public RecordShape Shape => shape;

    /// <exception cref="ArgumentException">The record has no key.</exception>
    public ClipIndexEntry ToEntry(object record)
    {
        var entry = new ClipIndexEntry(Id(shape.Key.Get(record)));
        var data = new JsonObject();
        foreach (var property in shape.Data)
        {
            var value = property.Get(record);
            if (OwnOf(property) is { } own) entry = own.Set(entry, value);
            else data[property.StorageName] = JsonSerializer.SerializeToNode(value, property.Type);
        }

        return data.Count > 0 ? entry with { Data = data.ToJsonString() } : entry;
    }

    public object ToRecord(ClipIndexEntry entry, float[]? embedding)
    {
        var record = shape.Create();
        shape.Key.Set(record, Key(entry.Id));
        var data = entry.Data is { } text ? JsonNode.Parse(text) as JsonObject : null;
        foreach (var property in shape.Data)
        {
            var value = OwnOf(property) is { } own ? own.Get(entry) : data?[property.StorageName]?.Deserialize(property.Type);
            if (value is not null || !property.Type.IsValueType) property.Set(record, value);
        }

        if (embedding is not null) shape.Vector.Set(record, RecordVectors.As(shape.Vector.Type, embedding));
        return record;
    }

    /// <summary>A key as an id.</summary>
    public static string Id(object? key) => Convert.ToString(key, CultureInfo.InvariantCulture) is { Length: > 0 } id
        ? id
        : throw new ArgumentException("A record has no key; give it one.");

    private object Key(string id) => Type.GetTypeCode(shape.Key.Type) switch
    {
        TypeCode.String => id,
        TypeCode.Int32 => int.Parse(id, CultureInfo.InvariantCulture),
        TypeCode.Int64 => long.Parse(id, CultureInfo.InvariantCulture),
        TypeCode.UInt64 => ulong.Parse(id, CultureInfo.InvariantCulture),
        _ => Guid.Parse(id),
    };

    private static OwnField? OwnOf(RecordProperty property) =>
        Own.TryGetValue(property.StorageName.ToLowerInvariant(), out var field)
        && (Nullable.GetUnderlyingType(property.Type) ?? property.Type) == field.Type
            ? field
            : null;

    private sealed record OwnField(
        Type Type, Func<ClipIndexEntry, object?> Get, Func<ClipIndexEntry, object?, ClipIndexEntry> Set);
}
