using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.Clip.Formats;
using Microsoft.ML.Clip.Text.SentencePiece;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// Small models that SentencePiece 0.1.97 trained (<c>unigram.model</c>, with SigLIP's kind of normalization, and <c>bpe.model</c>, with
/// Gemma's), what it makes of some texts (<c>*.jsonl</c>), and the same models as <c>tokenizer.json</c>.
/// </summary>
internal static class SentencePieceFiles
{
    public static string Model(string name) => Path.Combine(AppContext.BaseDirectory, "Text", "SentencePiece", $"{name}.model");

    public static IEnumerable<Row> Rows(string name) => File.ReadLines(Path.ChangeExtension(Model(name), "jsonl"))
        .Select(line => JsonSerializer.Deserialize<Row>(line, JsonSerializerOptions.Web)!);

    /// <summary>Writes the model the way Hugging Face's converters do.</summary>
    public static void SaveTokenizerJson(string name, string path)
    {
        var isUnigram = name == "unigram";
        var vocabulary = SentencePieceModelFile.Read(File.ReadAllBytes(Model(name)), name).Vocabulary;
        var pieces = Enumerable.Range(0, vocabulary.Count).Select(id => vocabulary[id]).ToArray();
        var added = pieces.Select((piece, id) => (piece, id)).Where(p => p.piece.Kind is not (PieceKind.Normal or PieceKind.Byte));
        File.WriteAllText(path, JsonSerializer.Serialize(new JsonObject
        {
            ["added_tokens"] = new JsonArray([.. added.Select(a => new JsonObject
            {
                ["id"] = a.id, ["content"] = a.piece.Text, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false,
                ["normalized"] = false, ["special"] = a.piece.Kind != PieceKind.UserDefined,
            })]),
            ["normalizer"] = isUnigram ? SiglipNormalizer(CharsMap()) : Replace("String", " ", "▁"),
            ["pre_tokenizer"] = isUnigram
                ? new JsonObject { ["type"] = "Metaspace", ["replacement"] = "▁", ["add_prefix_space"] = true }
                : new JsonObject
                {
                    ["type"] = "Split",
                    ["pattern"] = new JsonObject { ["String"] = " " },
                    ["behavior"] = "MergedWithPrevious",
                    ["invert"] = false,
                },
            ["post_processor"] = EndOfText("</s>", 1),
            ["decoder"] = null,
            ["model"] = isUnigram
                ? new JsonObject
                {
                    ["type"] = "Unigram",
                    ["unk_id"] = 2,
                    ["vocab"] = new JsonArray([.. pieces.Select(p => new JsonArray(p.Text, p.Score))]),
                }
                : new JsonObject
                {
                    ["type"] = "BPE",
                    ["unk_token"] = "<unk>",
                    ["fuse_unk"] = true,
                    ["byte_fallback"] = true,
                    ["vocab"] = new JsonObject(pieces.Select((p, id) => KeyValuePair.Create<string, JsonNode?>(p.Text, id))),
                    ["merges"] = new JsonArray([.. Merges(vocabulary, pieces)]),
                },
        }));
    }

    /// <summary>Lower-case, no punctuation, single spaces, trimmed, and the model's own replacements of characters.</summary>
    public static JsonObject SiglipNormalizer(string? charsMap)
    {
        var steps = new JsonArray(
            new JsonObject { ["type"] = "Lowercase" },
            Replace("Regex", """[!"\#\$%\&'\(\)\*\+,\-\.\/:;<=>\?@\[\\\]\^_`\{\|\}\~]""", ""),
            Replace("Regex", @"\s+", " "),
            new JsonObject { ["type"] = "Strip", ["strip_left"] = true, ["strip_right"] = true });
        if (charsMap is not null)
        {
            // The map makes spaces of its own.
            steps.Add(new JsonObject { ["type"] = "Precompiled", ["precompiled_charsmap"] = charsMap });
            steps.Add(Replace("Regex", " {2,}", " "));
            steps.Add(new JsonObject { ["type"] = "Strip", ["strip_left"] = true, ["strip_right"] = true });
        }

        return new JsonObject { ["type"] = "Sequence", ["normalizers"] = steps };
    }

    public static JsonObject EndOfText(string token, int id) => new()
    {
        ["type"] = "TemplateProcessing",
        ["single"] = new JsonArray(
            new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "A", ["type_id"] = 0 } },
            new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = token, ["type_id"] = 0 } }),
        ["pair"] = new JsonArray(),
        ["special_tokens"] = new JsonObject
        {
            [token] = new JsonObject { ["id"] = token, ["ids"] = new JsonArray(id), ["tokens"] = new JsonArray(token) },
        },
    };

    private static JsonObject Replace(string kind, string pattern, string content) => new()
    {
        ["type"] = "Replace",
        ["pattern"] = new JsonObject { [kind] = pattern },
        ["content"] = content,
    };

    public static string CharsMap()
    {
        var model = new ProtoReader(File.ReadAllBytes(Model("unigram")), "unigram");
        while (model.Read())
        {
            if (model.Field != 3) continue;
            var rules = new ProtoReader(model.Bytes, "unigram");
            while (rules.Read())
            {
                if (rules.Field == 2) return Convert.ToBase64String(rules.Bytes);
            }
        }

        throw new InvalidOperationException("The model has no map.");
    }

    /// <summary>Every way to make a piece of two others, the best pieces first.</summary>
    private static IEnumerable<JsonNode> Merges(PieceVocabulary vocabulary, Piece[] pieces) =>
        from piece in pieces.Where(p => p.Kind == PieceKind.Normal).OrderByDescending(p => p.Score)
        from cut in Enumerable.Range(1, Math.Max(0, piece.Text.Length - 1))
        where vocabulary.FindPart(piece.Text.AsSpan(0, cut)) is not null && vocabulary.FindPart(piece.Text.AsSpan(cut)) is not null
        select (JsonNode)new JsonArray(piece.Text[..cut], piece.Text[cut..]);

    public sealed record Row(string Text, int[] Ids, string Decoded);
}
