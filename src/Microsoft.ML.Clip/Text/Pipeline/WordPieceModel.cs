using Microsoft.ML.Clip.Text.SentencePiece;

namespace Microsoft.ML.Clip.Text.Pipeline;

/// <summary>
/// BERT's WordPiece: of a word the longest beginning that is a token, and so on with what is left of it; a word that cannot be cut up
/// so is unknown as a whole.
/// </summary>
internal sealed class WordPieceModel : IPieceModel
{
    private readonly TokenVocabulary _vocabulary;
    private readonly int _unknown;
    private readonly string _continuing;
    private readonly int _longestWord;

    public WordPieceModel(PipelineStep model, TokenVocabulary vocabulary)
    {
        _vocabulary = vocabulary;
        _unknown = vocabulary.Require(model.TextOrNull("unk_token") ?? "[UNK]", model);
        _continuing = model.TextOrNull("continuing_subword_prefix") ?? "##";
        _longestWord = model.Number("max_input_chars_per_word") ?? 100;
    }

    public void Encode(string text, int offset, List<EncodedPiece> pieces)
    {
        var count = pieces.Count;
        if (text.EnumerateRunes().Count() > _longestWord || !TryCut(text, offset, pieces))
        {
            pieces.RemoveRange(count, pieces.Count - count);
            pieces.Add(new(_unknown, offset, offset + text.Length));
        }
    }

    private bool TryCut(string text, int offset, List<EncodedPiece> pieces)
    {
        Span<char> token = new char[_continuing.Length + text.Length];
        _continuing.CopyTo(token);
        for (var start = 0; start < text.Length;)
        {
            text.AsSpan(start).CopyTo(token[_continuing.Length..]);
            var prefix = start == 0 ? _continuing.Length : 0;
            var length = text.Length - start;
            while (length > 0)
            {
                if (_vocabulary.Find(token[prefix..(_continuing.Length + length)]) is { } id)
                {
                    pieces.Add(new(id, offset + start, offset + start + length));
                    break;
                }

                length--;
            }

            if (length == 0) return false;
            start += length;
        }

        return true;
    }
}
