using System.Text.Json;

namespace Clip.Evaluation.DataSets;

/// <summary>Files of CLIP_benchmark's: by a data set's name a list of texts, such as its classes' names.</summary>
internal static class NamedLists
{
    /// <summary>The names of a set's classes.</summary>
    /// <param name="path">A file in JSON: a list for each set by name, or a list alone.</param>
    /// <param name="names">The set's names, the first that is there counts.</param>
    /// <exception cref="ClipException">It is not of this form, or has nothing of the set.</exception>
    public static IReadOnlyList<string> Read(string path, IReadOnlyList<string> names) => Texts(Find(path, names), path);

    /// <summary>What a file has of a set.</summary>
    internal static JsonElement Find(string path, IReadOnlyList<string> names)
    {
        var root = JsonLists.Read<JsonElement>(path);
        if (root.ValueKind == JsonValueKind.Array) return root;
        if (root.ValueKind != JsonValueKind.Object) throw Other(path);
        foreach (var name in names)
        {
            foreach (var entry in root.EnumerateObject())
            {
                if (DataSetCatalog.Plain(entry.Name) == DataSetCatalog.Plain(name)) return entry.Value;
            }
        }

        var known = root.EnumerateObject().Select(entry => entry.Name).Take(8);
        throw new ClipException($"{path} has nothing for {string.Join(" or ", names)} (it has {string.Join(", ", known)} ...); add it.");
    }

    /// <summary>A list of texts.</summary>
    internal static IReadOnlyList<string> Texts(JsonElement list, string path) =>
        list.ValueKind == JsonValueKind.Array && list.GetArrayLength() > 0
        && list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String && item.GetString()!.Trim().Length > 0)
            ? [.. list.EnumerateArray().Select(item => item.GetString()!)]
            : throw Other(path);

    private static ClipException Other(string path) =>
        new($"{path} is not of CLIP_benchmark's form: an object with a list of texts for each data set; mend it.");
}
