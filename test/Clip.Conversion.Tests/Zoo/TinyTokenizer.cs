using System.Text.Json.Nodes;

namespace Clip.Conversion.Tests.Zoo;

/// <summary>
/// A tokenizer in the form of a family's published one, steps and special tokens alike, with so small a vocabulary that it fits a golden
/// model, and made so that there is a text for each row of its ids.
/// </summary>
internal sealed class TinyTokenizer
{
    private const string Mark = "▁";

    private readonly string _kind;
    private readonly Dictionary<int, string> _special;
    private readonly int[] _used;
    private readonly HashSet<int> _first;
    private readonly JsonObject _file;

    /// <param name="kind">A file of <c>test/Goldens/tokenizers</c>, without extension.</param>
    /// <param name="size">Entries.</param>
    /// <param name="special">Special tokens by id; the first of them pads.</param>
    /// <param name="rows">The texts' ids without those around them.</param>
    public TinyTokenizer(string kind, int size, Dictionary<int, string> special, int[][] rows)
    {
        (_kind, _special) = (kind, special);
        _used = [.. rows.SelectMany(row => row).Where(id => !special.ContainsKey(id)).Distinct().Order()];
        _first = kind == "nllb" ? [.. rows.Select(row => row[0])] : [];
        _file = JsonNode.Parse(File.ReadAllText(Golden.Carried($"tokenizers/{kind}.json")))!.AsObject();
        if (_file["normalizer"] is JsonObject steps && steps["normalizers"] is JsonArray all)
        {
            // Its table is larger than all else, and leaves Latin letters as they are.
            foreach (var table in all.Where(step => (string)step!["type"]! == "Precompiled").ToArray()) all.Remove(table);
        }

        _file["added_tokens"] = new JsonArray([.. special.Select(pair => new JsonObject
        {
            ["id"] = pair.Key,
            ["content"] = pair.Value,
            ["single_word"] = false,
            ["lstrip"] = false,
            ["rstrip"] = false,
            ["normalized"] = false,
            ["special"] = true,
        })]);
        WriteVocabulary(_file["model"]!.AsObject(), size);
        if (kind == "gemma")
        {
            // SigLIP 2 has Gemma's with the end behind a text in place of the beginning before it.
            _file["post_processor"] = JsonNode.Parse(
                """
                {"type": "TemplateProcessing", "pair": [],
                "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "<eos>", "type_id": 0}}],
                "special_tokens": {"<eos>": {"id": "<eos>", "ids": [1], "tokens": ["<eos>"]}}}
                """);
        }

        foreach (var (id, name) in special) SetIds(_file["post_processor"]!.AsObject(), name, id);
    }

    /// <summary>Whether the model puts letters together, not words.</summary>
    private bool Merges => _kind is "roberta" or "nllb" or "gemma";

    /// <summary>The text of a row.</summary>
    public string Text(int[] row) => string.Join(Merges ? "" : " ", row.Select(Word));

    public void Save(string folder, int maxLength)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), _file.ToJsonString());
        var config = new JsonObject { ["pad_token"] = _special.Values.First(), ["model_max_length"] = maxLength };
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), config.ToJsonString());
    }

    private void WriteVocabulary(JsonObject model, int size)
    {
        var entries = Enumerable.Range(0, size).Select(Entry).ToArray();
        if (model["vocab"] is JsonArray)
        {
            model["vocab"] = new JsonArray([.. entries.Select(entry => new JsonArray(entry, -1.0))]);
            return;
        }

        if (Merges)
        {
            // A word's first letter and the mark before it are one entry, which is merged from two.
            model["merges"] = new JsonArray([.. _first.Select(id => (JsonNode)$"{Mark} {Word(id)}")]);
            var spare = Enumerable.Range(0, size).Where(id => !_special.ContainsKey(id) && !_used.Contains(id)).ToArray();
            foreach (var (part, id) in _first.Select(Word).Prepend(Mark).Zip(spare)) entries[id] = part;
        }

        model["vocab"] = new JsonObject(entries.Select((entry, id) => KeyValuePair.Create<string, JsonNode?>(entry, id)));
    }

    private string Entry(int id) => _special.TryGetValue(id, out var name) ? name
        : !Merges ? (_kind.StartsWith("bert", StringComparison.Ordinal) ? "" : Mark) + Word(id)
        : !_used.Contains(id) ? $"unused{id}"
        : (_first.Contains(id) ? Mark : "") + Word(id);

    private string Word(int id)
    {
        if (_special.TryGetValue(id, out var name)) return name;
        if (!Merges) return $"w{id}";
        var place = Array.IndexOf(_used, id);
        return ((char)(place < 26 ? 'a' + place : 'A' + place - 26)).ToString();
    }

    private static void SetIds(JsonObject step, string name, int id)
    {
        foreach (var end in new[] { "sep", "cls" })
        {
            if (step[end] is JsonArray pair && (string)pair[0]! == name) pair[1] = id;
        }

        if (step["special_tokens"] is JsonObject tokens && tokens[name] is JsonObject token) token["ids"] = new JsonArray(id);
    }
}
