using Microsoft.ML.Clip.Formats;
using Microsoft.ML.Clip.Text.Unicode;

namespace Microsoft.ML.Clip.Text.SentencePiece;

/// <summary>
/// Reads a SentencePiece model (<c>spiece.model</c>, <c>tokenizer.model</c>): a <c>ModelProto</c> of <c>sentencepiece_model.proto</c>,
/// unigram or BPE. What the file does not say, and the original tokenizer does beside it, is added here.
/// </summary>
internal static class SentencePieceModelFile
{
    private const int Unigram = 1;
    private const int Bpe = 2;

    /// <summary>Reads a file.</summary>
    /// <param name="model">Its content.</param>
    /// <param name="path">Its name, for messages.</param>
    /// <param name="isCleaned">Whether texts come canonicalized already, so that only what the file says is done.</param>
    public static SentencePieceEncoder Read(ReadOnlySpan<byte> model, string path, bool isCleaned = false)
    {
        var pieces = new List<Piece>();
        var (trainer, rules) = (new TrainerSpec(), new NormalizerSpec());
        var reader = new ProtoReader(model, path);
        while (reader.Read())
        {
            if (reader.Field == 1) pieces.Add(ReadPiece(reader.Bytes, path));
            else if (reader.Field == 2) trainer = ReadTrainer(reader.Bytes, path);
            else if (reader.Field == 3) rules = ReadNormalizer(reader.Bytes, path);
        }

        if (trainer.Type is not (Unigram or Bpe))
            throw new InvalidDataException($"{path} cuts texts into words or characters; only unigram and BPE models are supported.");
        var vocabulary = new PieceVocabulary([.. pieces], trainer.UnknownId, path);
        if ((uint)trainer.EndId >= pieces.Count)
            throw new InvalidDataException($"{path} names no end of text, which a text tower needs after every text.");
        var userDefined = new PrefixMatcher(pieces.Where(p => p.Kind == PieceKind.UserDefined).Select(p => p.Text));
        var normalizer = new SentencePieceNormalizer(rules.Map, userDefined)
        {
            AddDummyPrefix = rules.AddDummyPrefix,
            RemoveExtraWhitespaces = rules.RemoveExtraWhitespaces,
        };

        // SigLIP's tokenizer is a unigram one and pads with end of text; SigLIP 2's is Gemma's, BPE, and keeps the punctuation.
        return trainer.Type == Unigram
            ? new SentencePieceEncoder(vocabulary, new UnigramModel(vocabulary))
            {
                Normalize = text => normalizer.Apply(isCleaned ? text : SiglipText.Canonicalize(text)),
                After = [trainer.EndId],
                PaddingId = trainer.EndId,
            }
            : new SentencePieceEncoder(vocabulary, BpeModel.FromScores(vocabulary, userDefined))
            {
                Normalize = text => normalizer.Apply(isCleaned ? text : LowerCase.Apply(text)),
                After = [trainer.EndId],
                PaddingId = Math.Max(0, trainer.PaddingId),
            };
    }

    private static Piece ReadPiece(ReadOnlySpan<byte> message, string path)
    {
        var (text, score, kind) = ("", 0f, PieceKind.Normal);
        var reader = new ProtoReader(message, path);
        while (reader.Read())
        {
            if (reader.Field == 1) text = reader.Text;
            else if (reader.Field == 2) score = reader.Single;
            else if (reader.Field == 3) kind = (PieceKind)reader.Number;
        }

        return new Piece(text, score, kind);
    }

    private static TrainerSpec ReadTrainer(ReadOnlySpan<byte> message, string path)
    {
        var spec = new TrainerSpec();
        var reader = new ProtoReader(message, path);
        while (reader.Read())
        {
            var number = (int)(long)reader.Number;
            spec = reader.Field switch
            {
                3 => spec with { Type = number },
                40 => spec with { UnknownId = number },
                42 => spec with { EndId = number },
                43 => spec with { PaddingId = number },
                _ => spec,
            };
        }

        return spec;
    }

    private static NormalizerSpec ReadNormalizer(ReadOnlySpan<byte> message, string path)
    {
        var spec = new NormalizerSpec();
        var reader = new ProtoReader(message, path);
        while (reader.Read())
        {
            if (reader.Field == 2 && !reader.Bytes.IsEmpty) spec = spec with { Map = new PrecompiledCharsMap(reader.Bytes, path) };
            else if (reader.Field == 3) spec = spec with { AddDummyPrefix = reader.Number != 0 };
            else if (reader.Field == 4) spec = spec with { RemoveExtraWhitespaces = reader.Number != 0 };
        }

        return spec;
    }

    // The defaults are the proto's.
    private sealed record TrainerSpec(int Type = Unigram, int UnknownId = 0, int EndId = 2, int PaddingId = -1);

    private sealed record NormalizerSpec(PrecompiledCharsMap? Map = null, bool AddDummyPrefix = true, bool RemoveExtraWhitespaces = true);
}
