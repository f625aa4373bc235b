using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Clip.Conversion.Tokenizing;

/// <summary>
/// Vectors of words, in which words of like meaning lie near each other, as GloVe (Pennington et al. 2014), word2vec and fastText publish
/// them: a text file with a word and its numbers on each line.
/// </summary>
internal sealed class WordVectors
{
    /// <summary>The name of those that come with the program: GloVe's of some 32,000 English words, most of what one can see.</summary>
    public const string English = "english";

    private readonly Dictionary<string, float[]> _vectors;

    private WordVectors(Dictionary<string, float[]> vectors, int dimensions) => (_vectors, Dimensions) = (vectors, dimensions);

    /// <summary>How many numbers a word has.</summary>
    public int Dimensions { get; }

    /// <summary>The words that were taken, as CLIP's tokenizer sees them, and their numbers.</summary>
    public IReadOnlyDictionary<string, float[]> Vectors => _vectors;

    /// <summary>What those that were taken are known by: their words and numbers, in the file's order.</summary>
    public string Hash
    {
        get
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var (word, numbers) in _vectors)
            {
                hash.AppendData(Encoding.UTF8.GetBytes(word + " "));
                hash.AppendData(MemoryMarshal.AsBytes<float>(numbers));
            }

            return Convert.ToHexStringLower(hash.GetHashAndReset())[..12];
        }
    }

    /// <summary>Reads vectors.</summary>
    /// <param name="source">
    /// <see cref="English"/>, or a text file, which may be gzipped: GloVe's, or word2vec's and fastText's, whose first line says how many
    /// words and numbers follow.
    /// </param>
    /// <param name="isWanted">Whether a word is taken. Of lines that CLIP's tokenizer sees as the same word the first counts.</param>
    /// <exception cref="ClipException">There is no such file, or a line is not a word and its numbers.</exception>
    public static WordVectors Read(string source, Func<string, bool> isWanted)
    {
        var vectors = new Dictionary<string, float[]>();
        var (number, dimensions) = (0, 0);
        try
        {
            using var reader = new StreamReader(Open(source), new UTF8Encoding(false, throwOnInvalidBytes: true));
            while (reader.ReadLine() is { } raw)
            {
                number++;
                var line = raw.AsSpan().TrimEnd(' ');
                if (number == 1 && IsHeader(line)) continue;
                if (dimensions == 0) dimensions = line.Count(' ');
                var start = WordEnd(line, dimensions);
                if (start <= 0) throw Bad($"is not a word and {Math.Max(dimensions, 1)} numbers");
                if (WholeWords.Of(line[..start].ToString()) is not { } word || vectors.ContainsKey(word) || !isWanted(word)) continue;
                vectors.Add(word, Numbers(line[(start + 1)..], dimensions) ?? throw Bad("has something else than numbers"));
            }
        }
        catch (DecoderFallbackException e)
        {
            throw new ClipException($"{source} is not UTF-8 near line {number + 1}; give word vectors as a UTF-8 text file.", e);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new ClipException($"The word vectors {source} cannot be read: {e.Message}", e);
        }

        if (dimensions == 0)
            throw new ClipException($"{source} holds no word vectors; give a text file with a word and its numbers on each line.");
        return new WordVectors(vectors, dimensions);

        ClipException Bad(string what) =>
            new($"Line {number} of {source} {what}; give word vectors as GloVe's or fastText's text files have them.");
    }

    private static Stream Open(string source)
    {
        const string Resource = "Clip.Conversion.Tokenizing.english.vec.br";
        if (source == English)
            return new BrotliStream(typeof(WordVectors).Assembly.GetManifestResourceStream(Resource)!, CompressionMode.Decompress);
        if (File.Exists(source)) return Unpacked(File.OpenRead(source));
        throw new ClipException(
            $"There is no file {source} with word vectors; give one, or {English} for those that come with the program.");
    }

    private static Stream Unpacked(Stream file)
    {
        var isPacked = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
        file.Position = 0;
        return isPacked ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    /// <summary>How many words follow, and of how many numbers.</summary>
    private static bool IsHeader(ReadOnlySpan<char> line) =>
        line.Count(' ') == 1 && int.TryParse(line[..line.IndexOf(' ')], NumberStyles.None, CultureInfo.InvariantCulture, out _)
            && int.TryParse(line[(line.IndexOf(' ') + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out _);

    /// <summary>Where the blank between a word and its numbers stands, for words may hold blanks; -1 where there are too few.</summary>
    private static int WordEnd(ReadOnlySpan<char> line, int dimensions)
    {
        var at = line.Length;
        for (var i = 0; i < dimensions && at >= 0; i++) at = line[..at].LastIndexOf(' ');
        return dimensions > 0 ? at : -1;
    }

    private static float[]? Numbers(ReadOnlySpan<char> text, int count)
    {
        var (numbers, at) = (new float[count], 0);
        foreach (var part in text.Split(' '))
        {
            var isNumber = float.TryParse(text[part], NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[at]);
            if (!isNumber || !float.IsFinite(numbers[at])) return null;
            at++;
        }

        return numbers;
    }
}
