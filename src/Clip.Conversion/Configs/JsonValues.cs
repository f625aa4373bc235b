using System.Text.Json;

namespace Clip.Conversion.Configs;

/// <summary>A config's values, with what they are where it leaves them out.</summary>
internal static class JsonValues
{
    /// <summary>Whether a key is there and <c>true</c>.</summary>
    public static bool Flag(this JsonElement e, string key) => e.TryGetProperty(key, out var v) && v.ValueKind == JsonValueKind.True;

    public static int Int(this JsonElement e, string key, int fallback) => e.TryGetProperty(key, out var v) ? v.GetInt32() : fallback;

    public static double Double(this JsonElement e, string key, double fallback) =>
        e.TryGetProperty(key, out var v) ? v.GetDouble() : fallback;

    public static string Text(this JsonElement e, string key, string fallback) =>
        e.TryGetProperty(key, out var v) ? v.GetString()! : fallback;

    /// <summary>The texts of an array; none where the key is absent or something else.</summary>
    public static IEnumerable<string?> Texts(this JsonElement e, string key) =>
        e.TryGetProperty(key, out var v) && v.ValueKind == JsonValueKind.Array ? v.EnumerateArray().Select(text => text.GetString()) : [];

    public static int[] Ints(this JsonElement array) => [.. array.EnumerateArray().Select(number => number.GetInt32())];
}
