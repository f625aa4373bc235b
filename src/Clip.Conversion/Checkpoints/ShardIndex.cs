using System.Text.Json;

namespace Clip.Conversion.Checkpoints;

/// <summary>Hugging Face's list of the files that a large model is cut into: <c>model.safetensors.index.json</c>.</summary>
internal static class ShardIndex
{
    /// <summary>Larger than any honest list; the file is read whole.</summary>
    private const long MaxBytes = 64 << 20;

    public static bool IsIndex(string path) => path.EndsWith(".index.json", StringComparison.Ordinal);

    /// <summary>The shards' paths, each once.</summary>
    /// <exception cref="ClipException">It is no such list, it leaves its folder, or a shard is missing.</exception>
    public static IReadOnlyList<string> Files(string path)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        try
        {
            using var json = JsonDocument.Parse(WeightFile.Read(path, MaxBytes));
            foreach (var entry in json.RootElement.GetProperty("weight_map").EnumerateObject()) names.Add(entry.Value.GetString() ?? "");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new ClipException($"{path} is not a list of shards with a weight_map ({e.Message.TrimEnd('.')}); get it again.", e);
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return names.Count > 0 ? [.. names.Select(Locate)] : throw new ClipException($"{path} lists no shards; get it again.");

        string Locate(string name)
        {
            // A name that leads elsewhere would have any file on the machine read.
            if (name.Length == 0 || name is "." or ".." || Path.GetFileName(name) != name)
                throw new ClipException($"{path} names a shard '{name}' outside of its folder; get it again.");
            var shard = Path.Combine(folder, name);
            return File.Exists(shard) ? shard : throw new ClipException(
                $"{path} lists the shard {name}, which is not beside it; get it too.");
        }
    }
}
