namespace Microsoft.ML.Clip.Text.SentencePiece;

/// <summary>A piece of a text.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Start">Where it begins in the normalized text.</param>
/// <param name="End">Where it ends; pieces that stand for one byte each end where their character does.</param>
internal readonly record struct EncodedPiece(int Id, int Start, int End);

/// <summary>Cuts a normalised text into pieces of a vocabulary. Thread-safe.</summary>
internal interface IPieceModel
{
    /// <summary>Adds the text's pieces; what no piece covers gives the unknown id, once for a run of it.</summary>
    /// <param name="text">The text, a part of a whole one.</param>
    /// <param name="offset">Where it begins in that.</param>
    /// <param name="pieces">The list to add to.</param>
    void Encode(string text, int offset, List<EncodedPiece> pieces);
}
