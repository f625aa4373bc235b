namespace Microsoft.ML.Clip.Text.SentencePiece;

/// <summary>
/// Byte pair encoding over characters (Sennrich 2016; <c>bpe_model.cc</c> of SentencePiece): of all neighbours that may merge, those of
/// the lowest rank do first, of equal ones the leftmost. User-defined pieces are never cut.
/// </summary>
internal sealed class BpeModel(
    PieceVocabulary vocabulary, IReadOnlyDictionary<(int Left, int Right), (int Rank, int Merged)> merges, PrefixMatcher userDefined)
    : IPieceModel
{
    private const int Unknown = -1;

    /// <summary>
    /// The merges that a vocabulary with scores implies: any two pieces that make a third, ranked by the third's score.
    /// </summary>
    public static BpeModel FromScores(PieceVocabulary vocabulary, PrefixMatcher userDefined)
    {
        var pairs = new List<(int Left, int Right, int Merged)>();
        for (var merged = 0; merged < vocabulary.Count; merged++)
        {
            if (vocabulary[merged].Kind != PieceKind.Normal) continue;
            var text = vocabulary[merged].Text;
            for (var cut = 1; cut < text.Length; cut++)
            {
                if (vocabulary.FindPart(text.AsSpan(0, cut)) is { } left && vocabulary.FindPart(text.AsSpan(cut)) is { } right)
                    pairs.Add((left, right, merged));
            }
        }

        // Pieces of one score are one rank, so that the leftmost goes first.
        var ranks = pairs.Select(p => vocabulary[p.Merged].Score).Distinct().OrderDescending().Select((score, rank) => (score, rank))
            .ToDictionary(s => s.score, s => s.rank);
        return new BpeModel(
            vocabulary, pairs.ToDictionary(p => (p.Left, p.Right), p => (ranks[vocabulary[p.Merged].Score], p.Merged)), userDefined);
    }

    public void Encode(string text, int offset, List<EncodedPiece> pieces)
    {
        var symbols = Split(text);
        var queue = new PriorityQueue<(int Left, int Right, int Merged), (int Rank, int Left)>();
        for (var i = 1; i < symbols.Count; i++) Offer(symbols, i - 1, i, queue);
        while (queue.TryDequeue(out var merge, out _))
        {
            var (left, right) = (symbols[merge.Left], symbols[merge.Right]);
            var isStale = left.Length == 0 || right.Length == 0 || left.Next != merge.Right
                || !merges.TryGetValue((left.Id, right.Id), out var known) || known.Merged != merge.Merged;
            if (isStale) continue;
            symbols[merge.Left] = left with { Id = merge.Merged, Length = left.Length + right.Length, Next = right.Next };
            symbols[merge.Right] = right with { Length = 0 };
            if (right.Next < symbols.Count) symbols[right.Next] = symbols[right.Next] with { Previous = merge.Left };
            Offer(symbols, left.Previous, merge.Left, queue);
            Offer(symbols, merge.Left, right.Next, queue);
        }

        var wasUnknown = false;
        for (var i = 0; i < symbols.Count; i = symbols[i].Next)
        {
            var symbol = symbols[i];
            var start = offset + symbol.Start;
            if (symbol.Id == Unknown) vocabulary.AddUnknown(text.AsSpan(symbol.Start, symbol.Length), start, wasUnknown, pieces);
            else pieces.Add(new(symbol.Id, start, start + symbol.Length));
            wasUnknown = symbol.Id == Unknown;
        }
    }

    private List<Symbol> Split(string text)
    {
        var symbols = new List<Symbol>(text.Length);
        for (var start = 0; start < text.Length;)
        {
            var length = userDefined.Match(text, start);
            var isWhole = length > 0;
            if (!isWhole) length = char.IsSurrogatePair(text, start) ? 2 : 1;
            var id = vocabulary.FindPart(text.AsSpan(start, length)) ?? Unknown;
            symbols.Add(new Symbol(id, start, length, symbols.Count - 1, symbols.Count + 1, isWhole));
            start += length;
        }

        return symbols;
    }

    private void Offer(List<Symbol> symbols, int left, int right, PriorityQueue<(int, int, int), (int, int)> queue)
    {
        if (left < 0 || right >= symbols.Count || symbols[left].IsWhole || symbols[right].IsWhole) return;
        if (merges.TryGetValue((symbols[left].Id, symbols[right].Id), out var merge))
            queue.Enqueue((left, right, merge.Merged), (merge.Rank, left));
    }

    /// <summary>A part of the text between its neighbours; of length 0 once merged into the one before.</summary>
    private readonly record struct Symbol(int Id, int Start, int Length, int Previous, int Next, bool IsWhole);
}
