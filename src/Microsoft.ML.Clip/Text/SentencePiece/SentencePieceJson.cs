using System.Text.Json;
using Microsoft.ML.Clip.Formats;
using Microsoft.ML.Clip.Text.Unicode;

namespace Microsoft.ML.Clip.Text.SentencePiece;

/// <summary>
/// Reads a <c>tokenizer.json</c> of Hugging Face's <c>tokenizers</c> whose model is SentencePiece's: <c>Unigram</c> (SigLIP), or
/// <c>BPE</c> with <c>byte_fallback</c> (Gemma's, SigLIP 2). A step of a kind that such files do not have is refused by name.
/// </summary>
internal static class SentencePieceJson
{
    /// <summary>Whether a <c>tokenizer.json</c> is of one of these kinds, rather than CLIP's own.</summary>
    public static bool IsOne(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("model", out var model)) return false;
        if (model.ValueKind != JsonValueKind.Object) return false;
        return IsUnigram(model) || (model.TryGetProperty("byte_fallback", out var fallback) && fallback.ValueKind == JsonValueKind.True);
    }

    /// <summary>Reads a file.</summary>
    /// <param name="root">Its JSON.</param>
    /// <param name="path">Its name, for messages.</param>
    /// <param name="isCleaned">Whether texts come with their case as it is to be, so that only what the file says is done.</param>
    public static SentencePieceEncoder Read(JsonElement root, string path, bool isCleaned = false)
    {
        try
        {
            return ReadChecked(root, path, isCleaned);
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException or IndexOutOfRangeException
            or ArgumentException)
        {
            throw new InvalidDataException($"{path} is not a tokenizer.json of a SentencePiece tokenizer: {e.Message}", e);
        }
    }

    private static SentencePieceEncoder ReadChecked(JsonElement root, string path, bool isCleaned)
    {
        var model = root.GetProperty("model");
        var added = root.TryGetProperty("added_tokens", out var tokens) && tokens.ValueKind == JsonValueKind.Array
            ? tokens.EnumerateArray().ToDictionary(t => t.GetProperty("id").GetInt32(), t => t.GetProperty("content").Required()) : [];
        var isUnigram = IsUnigram(model);
        var vocabulary = isUnigram ? UnigramPieces(model, added, path) : BpePieces(model, added, path);
        var matcher = new PrefixMatcher(added.Values);
        var normalize = TokenizerSteps.Normalizer(TokenizerSteps.Part(root, "normalizer"), path);
        var (before, after) = Around(TokenizerSteps.Part(root, "post_processor"), vocabulary, path);
        IPieceModel pieces = isUnigram
            ? new UnigramModel(vocabulary)
            : new BpeModel(vocabulary, Merges(model, vocabulary, path), PrefixMatcher.None);
        return new SentencePieceEncoder(vocabulary, pieces)
        {
            Added = matcher,

            // SigLIP 2 was trained on lower-cased texts, which its published tokenizer.json leaves to the caller.
            Normalize = isUnigram || isCleaned ? normalize : text => normalize(LowerCase.Apply(text)),
            Split = TokenizerSteps.Splitter(TokenizerSteps.Part(root, "pre_tokenizer"), path),
            Before = before,
            After = after,
            PaddingId = Padding(root, vocabulary.Count, path) ?? vocabulary.Find("<pad>") ?? (after is [.., var last] ? last : 0),
        };
    }

    private static bool IsUnigram(JsonElement model) =>
        model.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.GetString() == "Unigram";

    private static PieceVocabulary UnigramPieces(JsonElement model, Dictionary<int, string> added, string path)
    {
        var hasBytes = model.TryGetProperty("byte_fallback", out var fallback) && fallback.ValueKind == JsonValueKind.True;
        var unknown = model.TryGetProperty("unk_id", out var id) && id.ValueKind == JsonValueKind.Number ? id.GetInt32() : -1;
        var pieces = model.GetProperty("vocab").EnumerateArray()
            .Select((pair, i) => Classify(pair[0].Required(), pair[1].GetSingle(), i, unknown, added, hasBytes)).ToList();
        return new PieceVocabulary(WithAdded(pieces, added, path), unknown, path);
    }

    private static PieceVocabulary BpePieces(JsonElement model, Dictionary<int, string> added, string path)
    {
        var tokens = model.GetProperty("vocab").EnumerateObject().Select(t => (Text: t.Name, Id: t.Value.GetInt32()));
        var ids = tokens.OrderBy(t => t.Id).ToArray();
        for (var i = 0; i < ids.Length; i++)
        {
            if (ids[i].Id != i) throw new InvalidDataException($"{path}: no token of its vocabulary has the id {i}.");
        }

        var name = model.TryGetProperty("unk_token", out var token) ? token.GetString() : null;
        var unknown = Array.FindIndex(ids, t => t.Text == name);
        var pieces = ids.Select(t => Classify(t.Text, 0, t.Id, unknown, added, hasBytes: true)).ToList();
        return new PieceVocabulary(WithAdded(pieces, added, path), unknown, path);
    }

    private static Piece Classify(string text, float score, int id, int unknown, Dictionary<int, string> added, bool hasBytes)
    {
        var kind = id == unknown ? PieceKind.Unknown
            : added.ContainsKey(id) ? PieceKind.Control
            : hasBytes && PieceVocabulary.ByteOf(text) is not null ? PieceKind.Byte
            : PieceKind.Normal;
        return new Piece(text, score, kind);
    }

    /// <summary>Added tokens follow the vocabulary's, or are among them.</summary>
    private static Piece[] WithAdded(List<Piece> pieces, Dictionary<int, string> added, string path)
    {
        foreach (var (id, text) in added.OrderBy(a => a.Key))
        {
            if (id == pieces.Count) pieces.Add(new Piece(text, 0, PieceKind.Control));
            else if (id > pieces.Count || pieces[id].Text != text)
                throw new InvalidDataException($"{path}: the added token '{text}' has the id {id}, which does not fit the vocabulary.");
        }

        return [.. pieces];
    }

    private static Dictionary<(int Left, int Right), (int Rank, int Merged)> Merges(
        JsonElement model, PieceVocabulary vocabulary, string path)
    {
        var merges = new Dictionary<(int Left, int Right), (int Rank, int Merged)>();
        foreach (var merge in model.GetProperty("merges").EnumerateArray())
        {
            var parts = merge.ValueKind == JsonValueKind.Array
                ? [merge[0].Required(), merge[1].Required()]
                : merge.Required().Split(' ');
            if (parts.Length != 2 || vocabulary.Find(parts[0]) is not { } left || vocabulary.Find(parts[1]) is not { } right
                || vocabulary.Find(parts[0] + parts[1]) is not { } merged)
            {
                throw new InvalidDataException($"{path}: the merge {JsonFile.Shown(merge)} is not of two tokens that make a third.");
            }

            merges.TryAdd((left, right), (merges.Count, merged));
        }

        return merges;
    }

    /// <summary>The ids around a text by <c>TemplateProcessing</c>; without one, end of text after it, as SigLIP's have it.</summary>
    private static (int[] Before, int[] After) Around(JsonElement? processor, PieceVocabulary vocabulary, string path)
    {
        if (processor is not { } template)
        {
            return (vocabulary.Find("</s>") ?? vocabulary.Find("<eos>")) is { } end
                ? ([], [end])
                : throw new InvalidDataException($"{path} has neither a post_processor nor a token </s> or <eos> to end a text with.");
        }

        TokenizerSteps.Require(template, path, "post_processor", "TemplateProcessing");
        var sides = (Before: new List<int>(), After: new List<int>());
        var isAfter = false;
        foreach (var item in template.GetProperty("single").EnumerateArray())
        {
            if (item.TryGetProperty("Sequence", out _))
            {
                isAfter = true;
                continue;
            }

            var name = item.GetProperty("SpecialToken").GetProperty("id").Required();
            (isAfter ? sides.After : sides.Before).Add(vocabulary.Find(name)
                ?? throw new InvalidDataException($"{path}: its post_processor names a token '{name}' that the vocabulary lacks."));
        }

        return ([.. sides.Before], [.. sides.After]);
    }

    private static int? Padding(JsonElement root, int count, string path)
    {
        if (TokenizerSteps.Part(root, "padding") is not { } padding || !padding.TryGetProperty("pad_id", out var given)) return null;
        return given.TryGetInt32(out var id) && (uint)id < count ? id : throw new InvalidDataException(
            $"{path}: its padding has the id {JsonFile.Shown(given)}, which is none of its {count} tokens.");
    }
}
