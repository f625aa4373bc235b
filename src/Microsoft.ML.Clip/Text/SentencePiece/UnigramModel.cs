using System.Buffers;
using System.Text;

namespace Microsoft.ML.Clip.Text.SentencePiece;

/// <summary>
/// The pieces whose scores sum up highest (Kudo 2018, Subword Regularization), found by Viterbi's algorithm as
/// <c>unigram_model.cc</c> of SentencePiece does: in float32, of equal sums the one that was found first.
/// </summary>
internal sealed class UnigramModel : IPieceModel
{
    /// <summary>How much worse than the worst piece a character is that no piece covers.</summary>
    private const float UnknownPenalty = 10f;

    private readonly PieceVocabulary _vocabulary;
    private readonly float _unknownScore;
    private readonly float _bestScore;

    public UnigramModel(PieceVocabulary vocabulary)
    {
        _vocabulary = vocabulary;
        var (worst, best) = (float.MaxValue, float.MinValue);
        for (var id = 0; id < vocabulary.Count; id++)
        {
            if (vocabulary[id].Kind != PieceKind.Normal) continue;
            (worst, best) = (Math.Min(worst, vocabulary[id].Score), Math.Max(best, vocabulary[id].Score));
        }

        (_unknownScore, _bestScore) = (worst - UnknownPenalty, best);
    }

    public void Encode(string text, int offset, List<EncodedPiece> pieces)
    {
        if (text.Length == 0) return;
        var ends = ArrayPool<Node>.Shared.Rent(text.Length + 1);
        try
        {
            ends.AsSpan(0, text.Length + 1).Fill(new Node(-1, -1, 0));
            FindBest(text, ends);
            Collect(ends, text, offset, pieces);
        }
        finally
        {
            ArrayPool<Node>.Shared.Return(ends);
        }
    }

    private void FindBest(string text, Node[] ends)
    {
        for (var start = 0; start < text.Length;)
        {
            var sum = ends[start].Sum;
            var character = char.IsSurrogatePair(text, start) ? 2 : 1;
            var covered = false;
            var longest = Math.Min(_vocabulary.LongestPiece, text.Length - start);
            for (var length = 1; length <= longest; length++)
            {
                if (_vocabulary.FindPart(text.AsSpan(start, length)) is not { } id) continue;
                Offer(ref ends[start + length], new Node(start, id, sum + Score(id, text.AsSpan(start, length))));
                covered |= length == character;
            }

            if (!covered) Offer(ref ends[start + character], new Node(start, _vocabulary.UnknownId, sum + _unknownScore));
            start += character;
        }
    }

    private static void Offer(ref Node best, Node candidate)
    {
        if (best.Start < 0 || candidate.Sum > best.Sum) best = candidate;
    }

    /// <summary>User-defined pieces always win over cutting them up.</summary>
    private float Score(int id, ReadOnlySpan<char> text)
    {
        if (_vocabulary[id].Kind != PieceKind.UserDefined) return _vocabulary[id].Score;
        return (Encoding.UTF8.GetByteCount(text) * _bestScore) - 0.1f;
    }

    private void Collect(Node[] ends, string text, int offset, List<EncodedPiece> pieces)
    {
        var cuts = new Stack<int>();
        for (var end = text.Length; end > 0; end = ends[end].Start) cuts.Push(end);
        var wasUnknown = false;
        foreach (var end in cuts)
        {
            var (start, id, _) = ends[end];
            var isUnknown = id == _vocabulary.UnknownId;
            if (isUnknown) _vocabulary.AddUnknown(text.AsSpan(start..end), offset + start, wasUnknown, pieces);
            else pieces.Add(new(id, offset + start, offset + end));
            wasUnknown = isUnknown;
        }
    }

    /// <summary>The best way to a place in the text: where its last piece starts, which that is, and the sum so far.</summary>
    private readonly record struct Node(int Start, int Id, float Sum);
}
