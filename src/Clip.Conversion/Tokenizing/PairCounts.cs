using System.Runtime.InteropServices;

namespace Clip.Conversion.Tokenizing;

/// <summary>
/// How often each pair of neighbouring symbols occurs in the words, kept up to date merge by merge: a merge only touches the words that
/// contain its pair, so learning 49,000 merges takes seconds rather than days.
/// </summary>
internal sealed class PairCounts
{
    private readonly List<string> _symbols;
    private readonly List<Word> _words = [];
    private readonly Dictionary<(int Left, int Right), Pair> _pairs = [];

    // An entry's count may be out of date; it is put back with the right one when it comes up. A count only rises where a merge creates the
    // pair, which enters it anew, so the most frequent pair always comes up in time.
    private readonly PriorityQueue<(int Left, int Right), (long Count, string Left, string Right)> _queue = new(MostFrequentFirst.Instance);

    /// <param name="words">Each word and how often it occurs.</param>
    /// <param name="ids">The ids of the byte symbols.</param>
    /// <param name="symbols">The symbol of each id; the owner adds those of merges.</param>
    public PairCounts(Dictionary<string, long> words, Dictionary<string, int> ids, List<string> symbols)
    {
        _symbols = symbols;
        foreach (var (text, count) in words)
        {
            var word = new Word { Symbols = BpeTrainer.Symbols(text, ids), Count = count };
            word.Length = word.Symbols.Length;
            for (var i = 0; i + 1 < word.Length; i++) Add((word.Symbols[i], word.Symbols[i + 1]), count, _words.Count);
            _words.Add(word);
        }

        foreach (var pair in _pairs.Keys) Enqueue(pair);
    }

    /// <summary>
    /// Gives the pair that occurs most often, of equally frequent ones the first in ordinal order; false if no pair occurs.
    /// </summary>
    public bool TryTakeMostFrequent(out int left, out int right)
    {
        while (_queue.TryDequeue(out var pair, out var promised))
        {
            (left, right) = pair;
            if (!_pairs.TryGetValue(pair, out var entry) || entry.Count == 0) continue;
            if (entry.Count == promised.Count) return true;
            Enqueue(pair);
        }

        (left, right) = (-1, -1);
        return false;
    }

    /// <summary>Makes one symbol of a pair in every word, and counts the pairs that this makes and breaks.</summary>
    public void Merge(int left, int right, int merged)
    {
        if (!_pairs.Remove((left, right), out var entry)) return;
        var created = new HashSet<(int, int)>();
        foreach (var index in entry.Words)
        {
            var word = _words[index];
            var (symbols, kept) = (word.Symbols, 0);
            for (var i = 0; i < word.Length; i++)
            {
                if (i + 1 == word.Length || symbols[i] != left || symbols[i + 1] != right)
                {
                    symbols[kept++] = symbols[i];
                    continue;
                }

                // What precedes may be a pair just merged, whose pair with `left` the block below has counted.
                if (kept > 0)
                {
                    Remove((symbols[kept - 1], left), word.Count);
                    Replace((symbols[kept - 1], merged));
                }

                if (i + 2 < word.Length)
                {
                    Remove((right, symbols[i + 2]), word.Count);
                    Replace((merged, symbols[i + 2]));
                }

                symbols[kept++] = merged;
                i++;
            }

            word.Length = kept;

            void Replace((int, int) pair)
            {
                Add(pair, word.Count, index);
                created.Add(pair);
            }
        }

        foreach (var pair in created) Enqueue(pair);
    }

    private void Add((int, int) pair, long count, int word)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_pairs, pair, out _);
        entry ??= new Pair();
        entry.Count += count;
        if (entry.Words.Count == 0 || entry.Words[^1] != word) entry.Words.Add(word);
    }

    private void Remove((int, int) pair, long count)
    {
        // The merged pair itself is gone already.
        if (_pairs.TryGetValue(pair, out var entry)) entry.Count -= count;
    }

    private void Enqueue((int Left, int Right) pair)
    {
        if (_pairs.TryGetValue(pair, out var entry) && entry.Count > 0)
            _queue.Enqueue(pair, (entry.Count, _symbols[pair.Left], _symbols[pair.Right]));
    }

    private sealed class Word
    {
        public required int[] Symbols { get; init; }

        public required long Count { get; init; }

        public int Length { get; set; }
    }

    private sealed class Pair
    {
        public long Count { get; set; }

        /// <summary>The words that contain the pair, and some that no longer do.</summary>
        public List<int> Words { get; } = [];
    }

    private sealed class MostFrequentFirst : IComparer<(long Count, string Left, string Right)>
    {
        public static readonly MostFrequentFirst Instance = new();

        public int Compare((long Count, string Left, string Right) x, (long Count, string Left, string Right) y)
        {
            var byCount = y.Count.CompareTo(x.Count);
            if (byCount != 0) return byCount;
            var byLeft = string.CompareOrdinal(x.Left, y.Left);
            return byLeft != 0 ? byLeft : string.CompareOrdinal(x.Right, y.Right);
        }
    }
}
