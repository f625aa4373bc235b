using Microsoft.ML.Clip.Formats;
using Microsoft.ML.Clip.Text.SentencePiece;

namespace Microsoft.ML.Clip.Text.Pipeline;

/// <summary>
/// The pieces whose scores sum up highest (Kudo 2018), as Hugging Face's tokenizers find them: in float64, with every piece of the file
/// a candidate, special ones too. <see cref="UnigramModel"/> is SentencePiece's own way, which SigLIP's folders are held to.
/// </summary>
internal sealed class ScoredModel : IPieceModel
{
    /// <summary>How much worse than the worst piece a character is that no piece covers.</summary>
    private const double UnknownPenalty = 10;

    private readonly TokenVocabulary _vocabulary;
    private readonly double[] _scores;
    private readonly double _unknownScore;
    private readonly int _unknown;
    private readonly bool _hasBytes;

    private ScoredModel(PipelineStep model, TokenVocabulary vocabulary, double[] scores)
    {
        (_vocabulary, _scores) = (vocabulary, scores);
        _unknownScore = scores.Min() - UnknownPenalty;
        _hasBytes = model.Flag("byte_fallback");
        _unknown = model.Number("unk_id") is { } id && (uint)id < scores.Length ? id : throw model.Wrong(
            $"names no piece for what it does not know: its unk_id is {model.Number("unk_id")?.ToString() ?? "null"}");
    }

    public static ScoredModel Read(PipelineStep model, out TokenVocabulary vocabulary)
    {
        var pieces = model.Items("vocab").Select(pair => (Text: pair[0].Required(), Score: pair[1].GetDouble())).ToArray();
        if (pieces.Length == 0) throw model.Wrong("has an empty vocabulary");
        vocabulary = TokenVocabulary.Create(pieces.Select((piece, id) => (piece.Text, id)), model);
        return new ScoredModel(model, vocabulary, [.. pieces.Select(piece => piece.Score)]);
    }

    public void Encode(string text, int offset, List<EncodedPiece> pieces)
    {
        var ends = FindBest(text);
        var cuts = new Stack<int>();
        for (var end = text.Length; end > 0; end = ends[end].Start) cuts.Push(end);
        var unknownFrom = -1;
        foreach (var end in cuts)
        {
            var (start, id, _) = ends[end];
            if (id == _unknown)
            {
                // Unknown ones in a row are one.
                if (unknownFrom < 0) unknownFrom = start;
                continue;
            }

            AddUnknown(start);
            pieces.Add(new(id, offset + start, offset + end));
        }

        AddUnknown(text.Length);

        void AddUnknown(int end)
        {
            if (unknownFrom < 0) return;
            var (unknown, from, to) = (text[unknownFrom..end], offset + unknownFrom, offset + end);
            unknownFrom = -1;
            if (_vocabulary.Find(unknown) is { } id) pieces.Add(new(id, from, to));
            else if (!_hasBytes || !_vocabulary.TryAddBytes(unknown, from, to, pieces)) pieces.Add(new(_unknown, from, to));
        }
    }

    private Node[] FindBest(string text)
    {
        var ends = new Node[text.Length + 1];
        ends.AsSpan(1).Fill(new Node(-1, 0, 0));
        for (var start = 0; start < text.Length;)
        {
            var sum = ends[start].Sum;
            var character = char.IsSurrogatePair(text, start) ? 2 : 1;
            var isCovered = false;
            var longest = Math.Min(_vocabulary.LongestToken, text.Length - start);
            for (var length = 1; length <= longest; length++)
            {
                if (_vocabulary.Find(text.AsSpan(start, length)) is not { } id) continue;
                Offer(start + length, new Node(start, id, sum + _scores[id]));
                isCovered |= length == character;
            }

            if (!isCovered) Offer(start + character, new Node(start, _unknown, sum + _unknownScore));
            start += character;
        }

        return ends;

        void Offer(int end, Node candidate)
        {
            if (ends[end].Start < 0 || candidate.Sum > ends[end].Sum) ends[end] = candidate;
        }
    }

    /// <summary>The best way to a place in the text: where its last piece starts, which that is, and the sum so far.</summary>
    private readonly record struct Node(int Start, int Id, double Sum);
}
