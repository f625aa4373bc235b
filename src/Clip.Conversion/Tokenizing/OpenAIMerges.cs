using System.IO.Compression;
using System.Text;
using Clip.Conversion.Checkpoints;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Text.Bpe;

namespace Clip.Conversion.Tokenizing;

/// <summary>
/// Reads OpenAI's <c>bpe_simple_vocab_16e6.txt.gz</c>: a line of header, then the merges, more than CLIP uses. The vocabulary follows from
/// them (openai/CLIP simple_tokenizer.py): the byte symbols, the same at a word's end, a token a merge, start and end of text.
/// </summary>
internal static class OpenAIMerges
{
    /// <summary>CLIP's vocabulary is cut to this many tokens.</summary>
    private const int VocabularySize = 49152 + 256;

    /// <summary>The original has 3.2 million characters; what is compressed may pretend to be small.</summary>
    private const int MaxCharacters = 32 << 20;

    /// <summary>Reads the file, compressed or not.</summary>
    /// <exception cref="ClipException">It is not such a list of merges.</exception>
    public static BpeVocabulary Load(string path)
    {
        var lines = ReadText(path).Split('\n');
        if (!lines[0].Contains("#version", StringComparison.Ordinal))
            throw new ClipException(
                $"{path} does not begin with the #version of a list of merges; give OpenAI's bpe_simple_vocab_16e6.txt.gz.");

        var symbols = ByteSymbols.InVocabularyOrder.Select(c => c.ToString()).ToList();
        symbols.AddRange(symbols.ConvertAll(s => s + Vocabulary.WordEnd));
        var merges = new List<(string Left, string Right)>();
        foreach (var line in lines.Skip(1).Take(VocabularySize - symbols.Count - 2).Select(line => line.TrimEnd('\r')))
        {
            if (line.Length == 0) break;
            if (line.Split(' ') is not [var left, var right])
                throw new ClipException($"{path}: line {merges.Count + 2} is '{Shorten(line)}', not two tokens with a space between them.");
            merges.Add((left, right));
            symbols.Add(left + right);
        }

        symbols.AddRange([Vocabulary.DefaultStartOfText, Vocabulary.DefaultEndOfText]);
        // As Python's dict does, a token that two merges spell keeps the later number.
        var ids = new Dictionary<string, int>(symbols.Count);
        for (var id = 0; id < symbols.Count; id++) ids[symbols[id]] = id;
        try
        {
            return new BpeVocabulary(new Vocabulary(ids, merges, Vocabulary.DefaultStartOfText, Vocabulary.DefaultEndOfText, path, path));
        }
        catch (InvalidDataException e)
        {
            throw new ClipException(e.Message, e);
        }
    }

    private static string ReadText(string path)
    {
        using var file = WeightFile.Open(path);
        var isCompressed = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
        file.Position = 0;
        using Stream stream = isCompressed ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var text = new StringBuilder();
        var buffer = new char[1 << 16];
        try
        {
            for (var count = reader.ReadBlock(buffer); count > 0; count = reader.ReadBlock(buffer))
            {
                text.Append(buffer, 0, count);
                if (text.Length > MaxCharacters)
                    throw new ClipException($"{path} is too large for a list of merges; give OpenAI's bpe_simple_vocab_16e6.txt.gz.");
            }
        }
        catch (InvalidDataException e)
        {
            throw new ClipException($"{path} is damaged ({e.Message.TrimEnd('.')}); get it again.", e);
        }

        return text.ToString();
    }

    private static string Shorten(string line) => line.Length <= 40 ? line : line[..40] + "…";
}
