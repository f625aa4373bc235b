namespace Microsoft.ML.Clip.Text.SentencePiece;

/// <summary>Cuts a normalised text into pieces of a vocabulary. Thread-safe.</summary>
internal interface IPieceModel
{
    /// <summary>Adds the text's ids; what no piece covers gives the unknown id, once for a run of it.</summary>
    void Encode(string text, List<int> ids);
}
