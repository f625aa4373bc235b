using System.Text.Json;

namespace Clip.Conversion.Configs;

/// <summary>A config's values, with what they are where it leaves them out or says null.</summary>
internal static class JsonValues
{
    /// <summary>A value that is there and not null.</summary>
    public static JsonElement? Value(this JsonElement e, string key) =>
        e.TryGetProperty(key, out var v) && v.ValueKind != JsonValueKind.Null ? v : null;

    /// <summary>A section: an object.</summary>
    public static JsonElement? Section(this JsonElement e, string key) =>
        e.Value(key) is { ValueKind: JsonValueKind.Object } section ? section : null;

    /// <summary>Whether a key is there and <c>true</c>.</summary>
    public static bool Flag(this JsonElement e, string key) => e.TryGetProperty(key, out var v) && v.ValueKind == JsonValueKind.True;

    /// <summary>A whole number; of a side, which some configs give as height and width, the one that both are.</summary>
    public static int Int(this JsonElement e, string key, int fallback) => e.Value(key) switch
    {
        null => fallback,
        { ValueKind: JsonValueKind.Array } sides when sides.GetArrayLength() == 2 =>
            Whole(sides[0], key) is var side && side == Whole(sides[1], key)
                ? side
                : throw new FormatException($"{key} is {sides}, and only squares are supported"),
        { } number => Whole(number, key),
    };

    public static double Double(this JsonElement e, string key, double fallback) => e.Value(key)?.GetDouble() ?? fallback;

    public static string Text(this JsonElement e, string key, string fallback) => e.Value(key)?.GetString() ?? fallback;

    /// <summary>The texts of an array; none where the key is absent or something else.</summary>
    public static IEnumerable<string?> Texts(this JsonElement e, string key) =>
        e.TryGetProperty(key, out var v) && v.ValueKind == JsonValueKind.Array ? v.EnumerateArray().Select(text => text.GetString()) : [];

    public static int[] Ints(this JsonElement array) => [.. array.EnumerateArray().Select(number => number.GetInt32())];

    // Some writers know no whole numbers and write 224.0.
    private static int Whole(JsonElement number, string key) => number.TryGetInt32(out var whole) ? whole
        : number.TryGetDouble(out var value) && value == (int)value ? (int)value
        : throw new FormatException($"{key} is {number}, and must be a whole number of this size");
}
