using System.Runtime.InteropServices;
using System.Text;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Text.Bpe;
using Microsoft.ML.Clip.Text.Repair;

namespace Clip.Conversion.Tokenizing;

/// <summary>
/// Learns a byte-level BPE vocabulary from captions, laid out as CLIP's: the 256 byte symbols, the same with <c>&lt;/w&gt;</c>, one token a
/// merge, start and end of text.
/// </summary>
public static class BpeTrainer
{
    /// <summary>The smallest vocabulary: every byte, inside and at the end of a word, and the two special tokens; 514.</summary>
    public const int SmallestVocabulary = 2 * 256 + 2;

    /// <summary>
    /// Learns a vocabulary: counts the words of the captions, then merges the most frequent pair of symbols again and again.
    /// </summary>
    /// <param name="captions">Read once; cleaned and split as <see cref="ClipTokenizer"/> will.</param>
    /// <param name="vocabularySize">
    /// The number of tokens, special ones included; at least <see cref="SmallestVocabulary"/>, CLIP has 49408. Fewer where the captions
    /// have no pair left to merge.
    /// </param>
    /// <param name="progress">Gets the size of the vocabulary now and then, and at the end.</param>
    /// <param name="cancellationToken">Ends the training with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The same for the same captions in any order: equally frequent pairs are merged in ordinal order.</returns>
    /// <exception cref="ClipException"><paramref name="vocabularySize"/> is too small.</exception>
    /// <exception cref="OperationCanceledException">The training was canceled.</exception>
    public static BpeVocabulary Train(
        IEnumerable<string> captions, int vocabularySize, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(captions);
        RequireRoom(vocabularySize);
        return TrainOnWords(CountWords(captions, cancellationToken), vocabularySize, progress, cancellationToken);
    }

    /// <summary>The same of words that have been counted.</summary>
    /// <param name="words">As <see cref="CountWords"/> counts them.</param>
    /// <param name="vocabularySize">The number of tokens.</param>
    /// <param name="progress">Gets the size of the vocabulary.</param>
    /// <param name="cancellationToken">Ends the training.</param>
    /// <inheritdoc cref="Train(IEnumerable{string}, int, IProgress{int}, CancellationToken)"/>
    internal static BpeVocabulary TrainOnWords(
        Dictionary<string, long> words, int vocabularySize, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        RequireRoom(vocabularySize);
        // In the order of CLIP's vocabulary; a symbol's number is its id.
        var symbols = ByteSymbols.InVocabularyOrder.Select(c => c.ToString()).ToList();
        symbols.AddRange(symbols.ConvertAll(s => s + Vocabulary.WordEnd));
        var ids = symbols.Select((symbol, id) => (symbol, id)).ToDictionary(p => p.symbol, p => p.id);

        var merges = new List<(string Left, string Right)>();
        var known = new HashSet<(int, int)>();
        var pairs = new PairCounts(words, ids, symbols);
        while (ids.Count < vocabularySize - 2 && pairs.TryTakeMostFrequent(out var left, out var right))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var merged = symbols[left] + symbols[right];
            // Two pairs may spell the same token: it keeps its id, and a pair of such tokens may turn up a second time.
            if (known.Add((left, right))) merges.Add((symbols[left], symbols[right]));
            if (ids.TryAdd(merged, ids.Count)) symbols.Add(merged);
            pairs.Merge(left, right, ids[merged]);
            if (ids.Count % 256 == 0) progress?.Report(ids.Count + 2);
        }

        foreach (var special in new[] { Vocabulary.DefaultStartOfText, Vocabulary.DefaultEndOfText }) ids.Add(special, ids.Count);
        progress?.Report(ids.Count);
        return new BpeVocabulary(new Vocabulary(
            ids, merges, Vocabulary.DefaultStartOfText, Vocabulary.DefaultEndOfText, "the trained vocabulary", "the trained merges"));
    }

    private static void RequireRoom(int vocabularySize)
    {
        if (vocabularySize < SmallestVocabulary)
        {
            throw new ClipException(
                $"A vocabulary of {vocabularySize} tokens is too small; every byte and the special tokens alone are {SmallestVocabulary}.");
        }
    }

    /// <summary>How often each word of the captions is in them.</summary>
    internal static Dictionary<string, long> CountWords(IEnumerable<string> captions, CancellationToken cancellationToken)
    {
        var splitter = new ClipPreTokenizer();
        var counts = new Dictionary<string, long>();
        var lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var caption in captions)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var text = TextCleaner.Clean(caption);
            foreach (var (offset, length) in splitter.Split(text))
            {
                ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(lookup, text.AsSpan(offset, length), out _);
                count++;
            }
        }

        return counts;
    }

    /// <summary>A word as the ids of its byte symbols, the last one marked as the word's end.</summary>
    internal static int[] Symbols(string word, Dictionary<string, int> ids)
    {
        var bytes = Encoding.UTF8.GetBytes(word);
        var result = new int[bytes.Length];
        for (var i = 0; i < bytes.Length; i++)
            result[i] = ids[ByteSymbols.Of(bytes[i]) + (i == bytes.Length - 1 ? Vocabulary.WordEnd : "")];
        return result;
    }
}
