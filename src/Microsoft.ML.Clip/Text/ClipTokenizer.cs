using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.ML.Clip.Text.Bpe;
using Microsoft.ML.Clip.Text.Repair;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Clip;

/// <summary>
/// CLIP's tokenizer: cleans a text as the original does (<c>simple_tokenizer.py</c> of openai/CLIP, with ftfy's repairs), splits it, and
/// encodes each piece by byte-level byte pair encoding. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// Gives the original's ids for every text of the golden data, with ICU and under InvariantGlobalization alike. That data has no mojibake:
/// its repair follows ftfy 6.3's rules, less Java's and CESU's variants of UTF-8, and is tested on examples only.
/// </remarks>
public sealed class ClipTokenizer : TextTokenizer
{
    /// <summary>The number of tokens that CLIP's text encoder reads, start and end of text included: 77.</summary>
    public const int DefaultContextLength = 77;

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Vocabulary _vocabulary;
    private readonly BpeTokenizer _bpe;
    private readonly byte[]?[] _bytes;
    private readonly int[] _around;

    private ClipTokenizer(Vocabulary vocabulary)
    {
        _vocabulary = vocabulary;
        _around = [vocabulary.Ids[vocabulary.StartOfText], vocabulary.Ids[vocabulary.EndOfText]];
        _bytes = new byte[]?[vocabulary.Size];
        foreach (var (token, id) in vocabulary.Ids) _bytes[id] = ByteSymbols.TryDecode(token) ?? Encoding.UTF8.GetBytes(token);

        var options = new BpeOptions(vocabulary.Ids)
        {
            Merges = vocabulary.Merges.Select(m => $"{m.Left} {m.Right}"),
            ByteLevel = true,
            EndOfWordSuffix = Vocabulary.WordEnd,
            UnknownToken = vocabulary.EndOfText,
            PreTokenizer = new ClipPreTokenizer(vocabulary.StartOfText, vocabulary.EndOfText),
            SpecialTokens = new Dictionary<string, int> { [vocabulary.StartOfText] = StartOfTextId, [vocabulary.EndOfText] = EndOfTextId },
        };
        try
        {
            _bpe = BpeTokenizer.Create(options);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            throw new InvalidDataException($"{vocabulary.Source} is not a vocabulary of byte pair encoding: {e.Message}", e);
        }
    }

    /// <summary>The id of the token before every text; 49406 in CLIP's vocabulary.</summary>
    public int StartOfTextId => _around[0];

    /// <summary>The id of the token after every text, where the text encoder reads its feature; 49407 in CLIP's vocabulary.</summary>
    public int EndOfTextId => _around[1];

    /// <inheritdoc/>
    public override int VocabularySize => _bytes.Length;

    /// <inheritdoc/>
    public override int PublishedContextLength => DefaultContextLength;

    private protected override ReadOnlySpan<int> Before => _around.AsSpan(0, 1);

    private protected override ReadOnlySpan<int> After => _around.AsSpan(1);

    /// <summary>
    /// Opens the tokenizer of a model folder: <c>tokenizer.json</c>, or without one <c>vocab.json</c> and <c>merges.txt</c>. Special tokens
    /// of other names are found through <c>special_tokens_map.json</c>, <c>tokenizer_config.json</c> or the post-processor.
    /// </summary>
    /// <param name="folder">A folder in Hugging Face's layout.</param>
    /// <exception cref="FileNotFoundException">The folder has neither; the message says what was looked for.</exception>
    /// <exception cref="InvalidDataException">A file is malformed, contradicts another, or holds another kind of tokenizer.</exception>
    public static ClipTokenizer Create(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return new(VocabularyReader.ReadFolder(folder));
    }

    /// <summary>Opens a tokenizer from its vocabulary and merges.</summary>
    /// <param name="vocabularyPath">A <c>vocab.json</c>: an object of tokens and ids.</param>
    /// <param name="mergesPath">A <c>merges.txt</c>: one pair of tokens a line.</param>
    /// <exception cref="FileNotFoundException">One of the files does not exist.</exception>
    /// <exception cref="InvalidDataException">A file is malformed, or they contradict each other.</exception>
    public static ClipTokenizer Create(string vocabularyPath, string mergesPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(vocabularyPath);
        ArgumentException.ThrowIfNullOrEmpty(mergesPath);
        return new(VocabularyReader.ReadFiles(vocabularyPath, mergesPath));
    }

    /// <summary>
    /// Reads a tokenizer that <see cref="SaveVocabulary"/> wrote, or the contents of a <c>vocab.json</c> and a <c>merges.txt</c>.
    /// </summary>
    /// <param name="vocabulary">An object of tokens and ids, in JSON; stays open.</param>
    /// <param name="merges">One pair of tokens a line; stays open.</param>
    /// <exception cref="InvalidDataException">One of them is malformed, or they contradict each other.</exception>
    public static ClipTokenizer Create(Stream vocabulary, Stream merges)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        ArgumentNullException.ThrowIfNull(merges);
        return new(VocabularyReader.ReadStreams(vocabulary, merges, "the vocabulary", "the merges"));
    }

    /// <summary>
    /// The text that ids stand for, spelled as the original's <c>decode</c> does: cleaned, with a space after every piece.
    /// </summary>
    /// <param name="ids">What <c>Encode</c> gave, or the part of it between start and end of text; not padded.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public override string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ReadOnlySpan<int> inner = [.. ids];
        if (inner.Length > 0 && inner[0] == StartOfTextId) inner = inner[1..];
        if (inner.Length > 0 && inner[^1] == EndOfTextId) inner = inner[..^1];

        var bytes = new List<byte>(inner.Length * 6);
        foreach (var id in inner)
        {
            if ((uint)id >= _bytes.Length || _bytes[id] is not { } token)
                throw new ArgumentOutOfRangeException(nameof(ids), id, $"The vocabulary of {VocabularySize} tokens has no id {id}.");
            bytes.AddRange(token);
        }

        return Encoding.UTF8.GetString([.. bytes]).Replace(Vocabulary.WordEnd, " ", StringComparison.Ordinal);
    }

    /// <summary>Writes the tokenizer to two streams, for <see cref="Create(Stream, Stream)"/>.</summary>
    /// <param name="vocabulary">Gets the contents of a <c>vocab.json</c>; stays open.</param>
    /// <param name="merges">Gets the contents of a <c>merges.txt</c>; stays open.</param>
    public void SaveVocabulary(Stream vocabulary, Stream merges)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        ArgumentNullException.ThrowIfNull(merges);
        JsonSerializer.Serialize(vocabulary, new Dictionary<string, int>(_vocabulary.InOrder), Readable);
        using var writer = new StreamWriter(merges, leaveOpen: true) { NewLine = "\n" };
        foreach (var line in _vocabulary.MergeLines()) writer.WriteLine(line);
    }

    internal override int? IdOf(string token) => _vocabulary.Ids.TryGetValue(token, out var id) ? id : null;

    internal override IReadOnlyList<(string Name, byte[] Content)> Files()
    {
        using MemoryStream vocabulary = new(), merges = new();
        SaveVocabulary(vocabulary, merges);
        return [(VocabularyReader.VocabularyFile, vocabulary.ToArray()), (VocabularyReader.MergesFile, merges.ToArray())];
    }

    private protected override IReadOnlyList<int> EncodeText(string text, bool normalize) =>
        _bpe.EncodeToIds(normalize ? TextCleaner.Clean(text) : text, considerNormalization: false);

    private protected override IReadOnlyList<EncodedToken> EncodeTokens(string text, bool normalize, out string normalized)
    {
        normalized = normalize ? TextCleaner.Clean(text) : text;
        return _bpe.EncodeToTokens(normalized, out _, considerNormalization: false);
    }
}
