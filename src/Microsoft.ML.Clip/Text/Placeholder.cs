// PLACEHOLDER: to be replaced by the Text room. Whole words of the vocabulary, else bytes; enough to compile and test against.
#pragma warning disable
using System.Text;
using System.Text.Json;

namespace Microsoft.ML.Clip;

public sealed class ClipTokenizer
{
    private readonly Dictionary<string, int> _ids;
    private readonly byte[] _merges;

    private ClipTokenizer(Stream vocabulary, Stream merges)
    {
        _ids = JsonSerializer.Deserialize<Dictionary<string, int>>(vocabulary)!;
        using var copy = new MemoryStream();
        merges.CopyTo(copy);
        _merges = copy.ToArray();
    }

    public static ClipTokenizer Create(string folder) => Create(Path.Combine(folder, "vocab.json"), Path.Combine(folder, "merges.txt"));
    public static ClipTokenizer Create(string vocabularyPath, string mergesPath)
    {
        using var vocabulary = File.OpenRead(vocabularyPath);
        using var merges = File.OpenRead(mergesPath);
        return Create(vocabulary, merges);
    }

    public static ClipTokenizer Create(Stream vocabulary, Stream merges) => new(vocabulary, merges);
    public int StartOfTextId => _ids["<|startoftext|>"];
    public int EndOfTextId => _ids["<|endoftext|>"];
    public int VocabularySize => _ids.Count;

    public int[] Encode(string text, int contextLength = 77, bool truncate = true)
    {
        var ids = new List<int> { StartOfTextId };
        foreach (var word in text.Replace(".", " .").ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (_ids.TryGetValue(word + "</w>", out var id)) ids.Add(id);
            else foreach (var c in word) if (_ids.TryGetValue(c.ToString(), out var letter)) ids.Add(letter);
        }

        if (ids.Count > contextLength - 1) ids.RemoveRange(contextLength - 1, ids.Count - contextLength + 1);
        ids.Add(EndOfTextId);
        return [.. ids];
    }

    public void SaveVocabulary(Stream vocabulary, Stream merges)
    {
        JsonSerializer.Serialize(vocabulary, _ids);
        merges.Write(_merges);
    }
}

public static class PromptTemplates
{
    public static string Apply(string template, string label) =>
        template.Contains("{}") ? template.Replace("{}", label)
        : template.Contains("{c}") ? template.Replace("{c}", label)
        : throw new ArgumentException($"Template '{template}' has no '{{}}' or '{{c}}' for the label.");
    public static IReadOnlyList<string> Default { get; } = ["a photo of a {}."];
}
