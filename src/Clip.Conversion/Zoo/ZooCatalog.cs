using System.Text.Json;

namespace Clip.Conversion.Zoo;

/// <summary>A model of open_clip's zoo.</summary>
/// <param name="Name">open_clip's name of it.</param>
/// <param name="Json">Its config.</param>
internal sealed record ZooEntry(string Name, string Json)
{
    /// <summary>A repository of the Hugging Face hub with weights; null where none is known.</summary>
    public string? Repository { get; init; }

    /// <summary>The weights' license as published there; null where it is not known.</summary>
    public string? License { get; init; }
}

/// <summary>
/// The models of open_clip's zoo with published weights: names and sizes as in its model_configs (mlfoundations/open_clip, commit 89fb801),
/// repositories as in its pretrained.py.
/// </summary>
internal static class ZooCatalog
{
    private static readonly Lazy<IReadOnlyList<ZooEntry>> Entries = new(Read);

    /// <summary>All of them, by name.</summary>
    public static IReadOnlyList<ZooEntry> All => Entries.Value;

    /// <summary>The model of a name; null for none.</summary>
    public static ZooEntry? Find(string name) => All.FirstOrDefault(entry => entry.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static IReadOnlyList<ZooEntry> Read()
    {
        using var stream = typeof(ZooCatalog).Assembly.GetManifestResourceStream("Clip.Conversion.Zoo.open_clip.jsonl")!;
        using var reader = new StreamReader(stream);
        var entries = new List<ZooEntry>();
        while (reader.ReadLine() is { } line)
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            entries.Add(new ZooEntry(root.GetProperty("name").GetString()!, root.GetProperty("model_cfg").GetRawText())
            {
                Repository = root.TryGetProperty("repository", out var repository) ? repository.GetString() : null,
                License = root.TryGetProperty("license", out var license) ? license.GetString() : null,
            });
        }

        return [.. entries.OrderBy(entry => entry.Name, StringComparer.OrdinalIgnoreCase)];
    }
}
