using Microsoft.ML.Clip.Text.SentencePiece;

namespace Microsoft.ML.Clip.Text.Pipeline;

/// <summary>Words that are tokens as a whole, or unknown.</summary>
internal sealed class WordLevelModel(PipelineStep model, TokenVocabulary vocabulary) : IPieceModel
{
    private readonly int _unknown = vocabulary.Require(model.Text("unk_token"), model);

    public void Encode(string text, int offset, List<EncodedPiece> pieces) =>
        pieces.Add(new(vocabulary.Find(text) ?? _unknown, offset, offset + text.Length));
}
