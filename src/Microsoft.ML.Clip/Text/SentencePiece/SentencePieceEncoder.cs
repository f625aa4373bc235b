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

    /// <summary>The text's own ids, with nothing around them.</summary>
    public List<int> Encode(string text)
    {
        var ids = new List<int>(text.Length / 3);
        var isFirst = true;
        foreach (var (part, isAdded) in Added.Cut(text))
        {
            if (isAdded)
            {
                ids.Add(Vocabulary.Find(part)!.Value);
            }
            else
            {
                foreach (var piece in Split(Normalize(part), isFirst)) Model.Encode(piece, ids);
            }

            isFirst = false;
        }

        return ids;
    }
}
