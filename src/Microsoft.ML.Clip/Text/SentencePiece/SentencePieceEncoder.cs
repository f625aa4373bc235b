using System.Text;

namespace Microsoft.ML.Clip.Text.SentencePiece;

/// <summary>Cuts a normalised text into those parts that pieces do not reach across.</summary>
/// <param name="text">The text.</param>
/// <param name="isFirst">Whether it is the beginning of the whole text.</param>
internal delegate IEnumerable<string> PieceSplitter(string text, bool isFirst);

/// <summary>All the steps from a text to ids, as one of the file formats describes them.</summary>
/// <remarks>
/// Our own, because Microsoft.ML.Tokenizers 2.0 can open neither of SigLIP's tokenizers: its <c>SentencePieceTokenizer</c> refuses a model
/// without a begin-of-text piece, as SigLIP's <c>spiece.model</c> is, and it reads no <c>tokenizer.json</c> of either kind. This room goes
/// once a version of it opens both files and gives the ids that the tests of SigLIP's tokenizer hold this to.
/// </remarks>
internal sealed record SentencePieceEncoder(PieceVocabulary Vocabulary, IPieceModel Model)
{
    /// <summary>Texts that are tokens by themselves, wherever they stand, before anything is normalised.</summary>
    public PrefixMatcher Added { get; init; } = PrefixMatcher.None;

    public Func<string, string> Normalize { get; init; } = text => text;

    public PieceSplitter Split { get; init; } = (text, _) => [text];

    /// <summary>Ids before every text.</summary>
    public int[] Before { get; init; } = [];

    /// <summary>Ids after every text.</summary>
    public int[] After { get; init; } = [];

    /// <summary>The id to fill up a text with.</summary>
    public int PaddingId { get; init; }

    /// <summary>The text's own pieces, with nothing around them.</summary>
    /// <param name="text">The text.</param>
    /// <param name="normalized">Gets the text that the pieces' places are in, where it is wanted.</param>
    public List<EncodedPiece> Encode(string text, StringBuilder? normalized = null)
    {
        var pieces = new List<EncodedPiece>(text.Length / 3);
        var (isFirst, offset) = (true, 0);
        foreach (var (part, isAdded) in Added.Cut(text))
        {
            if (isAdded)
            {
                pieces.Add(new(Vocabulary.Find(part)!.Value, offset, offset + part.Length));
                normalized?.Append(part);
                offset += part.Length;
            }
            else
            {
                foreach (var segment in Split(Normalize(part), isFirst))
                {
                    Model.Encode(segment, offset, pieces);
                    normalized?.Append(segment);
                    offset += segment.Length;
                }
            }

            isFirst = false;
        }

        return pieces;
    }
}
