using Clip.Conversion.Configs;
using Clip.Conversion.Tokenizing;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Text.Bpe;

namespace Clip.Conversion.ModelFolders;

/// <summary>Opens a vocabulary in any of the forms that CLIP's comes in, and holds it against the model it is for.</summary>
internal static class TokenizerFiles
{
    /// <summary>What <c>--tokenizer</c> takes, for its description.</summary>
    public const string Forms =
        "A folder with tokenizer.json, with vocab.json and merges.txt, or with spiece.model; a tokenizer.json; vocab.json+merges.txt; or "
        + "bpe_simple_vocab_16e6.txt.gz.";

    /// <summary>The folder of a tokenizer's files, where a folder, a run's, or one of the files by its usual name is named.</summary>
    public static string FolderOf(string path) =>
        Path.GetFileName(path) is "tokenizer.json" or "spiece.model" or "tokenizer.model" && File.Exists(path)
            ? Path.GetDirectoryName(Path.GetFullPath(path))!
            : Directory.Exists(path) ? new CompanionFiles(path).TokenizerFolder! : path;

    /// <summary>Opens a folder, a pair <c>vocab.json+merges.txt</c>, or OpenAI's list of merges.</summary>
    /// <exception cref="ClipException">There is nothing of the kind, or it is damaged.</exception>
    public static BpeVocabulary Load(string path)
    {
        if (Directory.Exists(path))
        {
            var found = new CompanionFiles(path).Tokenizer;
            return found is null || found == path ? BpeVocabulary.Load(path) : OpenAIMerges.Load(found);
        }

        if (File.Exists(path)) return OpenAIMerges.Load(path);
        if (Pair(path) is not { } pair)
            throw new ClipException($"There is no tokenizer '{path}'; give {char.ToLowerInvariant(Forms[0])}{Forms[1..]}");
        try
        {
            return new BpeVocabulary(VocabularyReader.ReadFiles(pair.Vocabulary, pair.Merges));
        }
        catch (InvalidDataException e)
        {
            throw new ClipException(e.Message, e);
        }
    }

    /// <summary>Checks that a model's embedding table and end of text are the tokenizer's.</summary>
    /// <exception cref="ClipException">They are not.</exception>
    public static void RequireFit(BpeVocabulary tokenizer, TextConfig text)
    {
        if (tokenizer.Size > text.VocabSize)
            throw new ClipException(
                $"The tokenizer has {tokenizer.Size} entries but the model only {text.VocabSize}; give the `Tokenizer` it was trained "
                + "with.");
        if (text.EosTokenId is var end && text.Pooling != TextPooling.Argmax && end != tokenizer.EndOfTextId)
            throw new ClipException(
                $"The tokenizer ends a text with {tokenizer.EndOfTextId} but the model reads it at {end}; give the `Tokenizer` it was "
                + "trained with.");
    }

    /// <summary>The two files of <c>vocab.json+merges.txt</c>; a plus may be part of a path, too.</summary>
    private static (string Vocabulary, string Merges)? Pair(string path)
    {
        for (var plus = path.IndexOf('+', StringComparison.Ordinal); plus >= 0; plus = path.IndexOf('+', plus + 1))
        {
            if (File.Exists(path[..plus]) && File.Exists(path[(plus + 1)..])) return (path[..plus], path[(plus + 1)..]);
        }

        return null;
    }
}
