using Clip.Conversion.Architectures;
using Clip.Conversion.ModelFolders;
using Clip.Conversion.Tokenizing;
using Clip.Trainer.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>
/// Word vectors in the rows of a text tower's token embeddings: a word that no caption has then lies where words of like meaning lie, which
/// the tower has learned to read (the idea of DeViSE, Frome et al. 2013, within CLIP's own text tower).
/// </summary>
internal sealed class WordRows
{
    /// <summary>Words taken of a file beside those of the captions: each is a row of the model, and files have millions.</summary>
    public const int MostOthers = 30_000;

    /// <summary>Root mean square of a vector's row: six times that of a random row, whose size, too, works, if not as well.</summary>
    private const double RowLength = 6 * 0.02;

    private readonly WordVectors _vectors;
    private readonly BpeVocabulary _vocabulary;
    private readonly string _source;

    private WordRows(WordVectors vectors, BpeVocabulary vocabulary, string source) =>
        (_vectors, _vocabulary, _source) = (vectors, vocabulary, source);

    /// <summary>What the vectors are known by.</summary>
    public string Hash => _vectors.Hash;

    /// <summary>Reads the vectors of the words that are one token of a model's vocabulary.</summary>
    /// <param name="options">What is trained.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="say">Told how many words have vectors.</param>
    /// <returns>Null where the model is to have none.</returns>
    /// <exception cref="ClipException">The vectors cannot be read, or the model has no use for them.</exception>
    public static WordRows? Of(TrainingRunOptions options, ModelTokenizer tokenizer, Action<string> say)
    {
        if (options.Model.WordVectors is not { } source) return null;
        if (options.Training.FineTuning.Pretrained is { } pretrained)
            throw new ClipException($"{pretrained} has a text tower that is trained already; leave `WordVectors` out.");
        var vocabulary = tokenizer.Vocabulary ?? throw new ClipException(
            "`WordVectors` are for vocabularies of CLIP's kind, in which a word is a token; leave them out, or leave `Tokenizer` out to "
            + "learn one.");
        var vectors = WordVectors.Read(source, word => vocabulary.Ids.ContainsKey(WholeWords.Token(word)));
        if (vectors.Vectors.Count == 0)
            throw new ClipException(
                $"The vocabulary has none of the words in {source} as a token; leave `Tokenizer` out to learn one that has.");
        say($"{vectors.Vectors.Count} of {vocabulary.Size} tokens are words with vectors of {vectors.Dimensions} numbers from {source}.");
        return new WordRows(vectors, vocabulary, source);
    }

    /// <summary>
    /// A vocabulary in which each word that has a vector is one token: the captions' words, and the first others of the file.
    /// </summary>
    public static BpeVocabulary Vocabulary(BpeVocabulary learned, string source, IReadOnlyDictionary<string, long> ofCaptions)
    {
        var others = 0;
        var vectors = WordVectors.Read(source, word => ofCaptions.ContainsKey(word) || others++ < MostOthers);
        return WholeWords.AddTo(learned, vectors.Vectors.Keys);
    }

    /// <summary>
    /// Puts the vectors into the token embeddings, and holds the model to them in training: centered, filled up with zeros, and all as
    /// long as one another.
    /// </summary>
    /// <exception cref="ClipException">The model has no text tower, or one that is narrower than the vectors.</exception>
    public void GiveTo(nn.Module module)
    {
        if (module is not ClipModel model)
            throw new ClipException("`WordVectors` needs a text tower, which this objective does not have; leave it out.");
        var embeddings = model.get_parameter(ClipNames.Text.Tokens)!;
        var width = (int)embeddings.shape[1];
        if (_vectors.Dimensions > width)
            throw new ClipException(
                $"The vectors in {_source} have {_vectors.Dimensions} numbers and the text tower is only {width} wide; "
                + "give shorter ones, or a `Model` with a wider text tower.");
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        var rows = tensor(_vectors.Vectors.Keys.Select(word => (long)_vocabulary.Ids[WholeWords.Token(word)]).ToArray());
        var vectors = tensor(_vectors.Vectors.Values.SelectMany(numbers => numbers).ToArray(), [rows.shape[0], _vectors.Dimensions]);
        using Scalar length = RowLength * Math.Sqrt(width), yes = true;
        vectors = nn.functional.normalize(vectors.sub(vectors.mean([0], keepdim: true)), dim: 1).mul(length);
        embeddings.index_copy_(0, rows, nn.functional.pad(vectors, (0, width - _vectors.Dimensions)));
        var isWord = zeros(embeddings.shape[0], ScalarType.Bool).index_fill_(0, rows, yes);
        model.AnchorTokens(new WordAnchors(
            embeddings.detach().clone().DetachFromDisposeScope(), isWord.DetachFromDisposeScope()));
    }
}
