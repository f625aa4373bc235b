using System.Text.Json;
using Microsoft.ML.Clip.Formats;

namespace Microsoft.ML.Clip.Text.Bpe;

/// <summary>Reads the <c>tokenizer.json</c> of Hugging Face's <c>tokenizers</c>, if it is a CLIP tokenizer.</summary>
internal static class TokenizerJson
{
    public static Vocabulary Read(JsonElement root, string path, (string? Start, string? End) special)
    {
        try
        {
            var model = root.GetProperty("model");
            CheckKind(model, path);

            var ids = new Dictionary<string, int>();
            foreach (var token in model.GetProperty("vocab").EnumerateObject()) ids[token.Name] = token.Value.GetInt32();
            AddAddedTokens(root, ids, path);

            var merges = new List<(string Left, string Right)>();
            foreach (var merge in model.GetProperty("merges").EnumerateArray()) merges.Add(Pair(merge, path));

            var (start, end) = (special.Start ?? Around(root, "cls"), special.End ?? Around(root, "sep"));
            return new Vocabulary(ids, merges, start ?? Vocabulary.DefaultStartOfText, end ?? Vocabulary.DefaultEndOfText, path, path);
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{path} is not a tokenizer.json of a CLIP tokenizer: {e.Message}", e);
        }
    }

    private static void CheckKind(JsonElement model, string path)
    {
        // Files from before tokenizers 0.10 do not say what they are; only BPE has merges.
        var type = model.TryGetProperty("type", out var name)
            ? name.GetString()
            : model.TryGetProperty("merges", out _) ? "BPE" : "unknown";
        if (type != "BPE")
        {
            throw new InvalidDataException(type == "Unigram"
                ? $"{path} holds a Unigram tokenizer (SentencePiece, as SigLIP's); CLIP's is BPE."
                : $"{path} holds a {type} tokenizer; only CLIP's BPE and SigLIP's SentencePiece are supported.");
        }

        var suffix = model.TryGetProperty("end_of_word_suffix", out var mark) ? mark.GetString() : null;
        if (suffix != Vocabulary.WordEnd)
        {
            throw new InvalidDataException(
                $"{path} holds a BPE tokenizer with the end-of-word suffix '{suffix}'; "
                + $"CLIP's has '{Vocabulary.WordEnd}', others are not supported.");
        }
    }

    private static void AddAddedTokens(JsonElement root, Dictionary<string, int> ids, string path)
    {
        if (!root.TryGetProperty("added_tokens", out var added) || added.ValueKind != JsonValueKind.Array) return;
        foreach (var token in added.EnumerateArray())
        {
            var (content, id) = (token.GetProperty("content").Required(), token.GetProperty("id").GetInt32());
            if (!ids.TryAdd(content, id) && ids[content] != id)
            {
                throw new InvalidDataException(
                    $"{path}: the added token '{content}' has the id {id}, but {ids[content]} in the vocabulary.");
            }
        }
    }

    private static (string Left, string Right) Pair(JsonElement merge, string path)
    {
        var parts = merge.ValueKind == JsonValueKind.Array
            ? [.. merge.EnumerateArray().Select(p => p.Required())]
            : merge.Required().Split(' ');
        return parts.Length == 2
            ? (parts[0], parts[1])
            : throw new InvalidDataException($"{path}: the merge {JsonFile.Shown(merge)} is not two tokens with a space between them.");
    }

    /// <summary>The token that the post-processor puts before (<c>cls</c>) or after (<c>sep</c>) a text, written as [token, id].</summary>
    private static string? Around(JsonElement root, string key) =>
        root.TryGetProperty("post_processor", out var processor) && processor.ValueKind == JsonValueKind.Object
            && processor.TryGetProperty(key, out var token) && token.ValueKind == JsonValueKind.Array && token.GetArrayLength() > 0
                ? token[0].GetString()
                : null;
}
