using System.Text.Json;
using Microsoft.ML.Clip.Formats;
using Microsoft.ML.Clip.Text.SentencePiece;

namespace Microsoft.ML.Clip.Text.Pipeline;

/// <summary>
/// Byte pair encoding as Hugging Face's tokenizers have it: of all neighbors that may merge, those of the lowest rank do first, of equal
/// ones the leftmost. Over bytes, where the pre-tokenizer spells them, or over characters, those unknown cut into bytes where asked for.
/// </summary>
/// <remarks>
/// <c>Microsoft.ML.Tokenizers.BpeTokenizer</c> has neither byte fallback nor characters that are unknown one by one, nor one that starts
/// no word; <see cref="ClipTokenizer"/> uses it.
/// </remarks>
internal sealed class MergingModel : IPieceModel
{
    private readonly TokenVocabulary _vocabulary;
    private readonly Dictionary<(int Left, int Right), (int Rank, int Merged)> _merges = [];
    private readonly int? _unknown;
    private readonly bool _fusesUnknown;
    private readonly bool _hasBytes;
    private readonly bool _ignoresMerges;
    private readonly string _continuing;
    private readonly string _ending;

    public MergingModel(PipelineStep model, TokenVocabulary vocabulary)
    {
        _vocabulary = vocabulary;
        _unknown = model.TextOrNull("unk_token") is { Length: > 0 } unknown ? vocabulary.Require(unknown, model) : null;
        _fusesUnknown = model.Flag("fuse_unk");
        _hasBytes = model.Flag("byte_fallback");
        _ignoresMerges = model.Flag("ignore_merges");
        _continuing = model.TextOrNull("continuing_subword_prefix") ?? "";
        _ending = model.TextOrNull("end_of_word_suffix") ?? "";
        if (model.Find("dropout") is { } dropout && !(dropout.TryGetDouble(out var rate) && rate == 0))
            throw model.Wrong($"has the dropout {JsonFile.Shown(dropout)}, with which ids would be random");
        ReadMerges(model);
    }

    public void Encode(string text, int offset, List<EncodedPiece> pieces)
    {
        if (_ignoresMerges && _vocabulary.Find(text) is { } whole)
        {
            pieces.Add(new(whole, offset, offset + text.Length));
            return;
        }

        var symbols = Spell(text, offset);
        Merge(symbols);
        for (var i = 0; i < symbols.Count; i = symbols[i].Next) pieces.Add(symbols[i].Piece);
    }

    private void ReadMerges(PipelineStep model)
    {
        var rank = 0;
        foreach (var merge in model.Items("merges"))
        {
            var parts = merge.ValueKind switch
            {
                JsonValueKind.Array => [.. merge.EnumerateArray().Select(part => part.Required())],
                JsonValueKind.String => merge.Required().Split(' '),
                _ => [],
            };
            if (parts.Length != 2 || parts[1].Length < _continuing.Length || _vocabulary.Find(parts[0]) is not { } left
                || _vocabulary.Find(parts[1]) is not { } right
                || _vocabulary.Find(parts[0] + parts[1][_continuing.Length..]) is not { } merged)
            {
                throw model.Wrong($"has the merge {JsonFile.Shown(merge)}, which is not of two tokens that make a third");
            }

            // Of a pair that is there twice the last one counts.
            _merges[(left, right)] = (rank++, merged);
        }
    }

    private List<Symbol> Spell(string text, int offset)
    {
        // An unknown character waits for the next that is known, which bytes are not; without a token for it, it is left out.
        var (pieces, waiting) = (new List<EncodedPiece>(text.Length), (EncodedPiece?)null);
        for (var start = 0; start < text.Length;)
        {
            var length = char.IsSurrogatePair(text, start) ? 2 : 1;
            var isLast = start + length == text.Length;
            var character = _continuing.Length + _ending.Length == 0
                ? text.AsSpan(start, length)
                : $"{(start > 0 ? _continuing : "")}{text.AsSpan(start, length)}{(isLast ? _ending : "")}";
            var (from, to) = (offset + start, offset + start + length);
            start += length;
            if (_vocabulary.Find(character) is { } id)
            {
                if (waiting is { } before) pieces.Add(before);
                waiting = null;
                pieces.Add(new(id, from, to));
            }
            else if (!(_hasBytes && _vocabulary.TryAddBytes(character, from, to, pieces)) && _unknown is { } unknown)
            {
                if (waiting is { } before && !_fusesUnknown) pieces.Add(before);
                waiting = new(unknown, _fusesUnknown && waiting is { } first ? first.Start : from, to);
            }
        }

        if (waiting is { } last) pieces.Add(last);
        return [.. pieces.Select((piece, i) => new Symbol(piece, i - 1, i + 1))];
    }

    private void Merge(List<Symbol> symbols)
    {
        var queue = new PriorityQueue<(int Left, int Right, int Merged), (int Rank, int Left)>();
        for (var i = 1; i < symbols.Count; i++) Offer(i - 1, i);
        while (queue.TryDequeue(out var merge, out _))
        {
            var (left, right) = (symbols[merge.Left], symbols[merge.Right]);
            var isStale = left.IsGone || right.IsGone || left.Next != merge.Right
                || !_merges.TryGetValue((left.Piece.Id, right.Piece.Id), out var known) || known.Merged != merge.Merged;
            if (isStale) continue;
            symbols[merge.Left] = left with { Piece = new(merge.Merged, left.Piece.Start, right.Piece.End), Next = right.Next };
            symbols[merge.Right] = right with { IsGone = true };
            if (right.Next < symbols.Count) symbols[right.Next] = symbols[right.Next] with { Previous = merge.Left };
            Offer(left.Previous, merge.Left);
            Offer(merge.Left, right.Next);
        }

        void Offer(int left, int right)
        {
            if (left < 0 || right >= symbols.Count) return;
            if (_merges.TryGetValue((symbols[left].Piece.Id, symbols[right].Piece.Id), out var merge))
                queue.Enqueue((left, right, merge.Merged), (merge.Rank, left));
        }
    }

    /// <summary>A token between its neighbors; gone once merged into the one before.</summary>
    private readonly record struct Symbol(EncodedPiece Piece, int Previous, int Next, bool IsGone = false);
}
