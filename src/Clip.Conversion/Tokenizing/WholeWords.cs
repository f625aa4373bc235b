using Microsoft.ML.Clip.Text.Bpe;
using Microsoft.ML.Clip.Text.Repair;

namespace Clip.Conversion.Tokenizing;

/// <summary>
/// Gives words tokens of their own in a byte-level BPE vocabulary, by merges behind those that it has. What was one token stays that token:
/// a merge is tried after all earlier ones.
/// </summary>
internal sealed class WholeWords
{
    private readonly List<string> _tokens;
    private readonly Dictionary<string, int> _ids;
    private readonly List<(string Left, string Right)> _merges;
    private readonly Dictionary<(string Left, string Right), int> _ranks = [];

    private WholeWords(BpeVocabulary vocabulary)
    {
        _tokens = [.. vocabulary.Ids.OrderBy(p => p.Value).Select(p => p.Key)];
        _ids = _tokens.Select((token, id) => (token, id)).ToDictionary(p => p.token, p => p.id);
        _merges = [.. vocabulary.Merges];
        for (var rank = 0; rank < _merges.Count; rank++) _ranks.TryAdd(_merges[rank], rank);
    }

    /// <summary>A vocabulary in which each of the words is one token.</summary>
    /// <param name="vocabulary">One that was learned, whose last tokens are the start and the end of a text.</param>
    /// <param name="words">As <see cref="Of"/> makes them.</param>
    public static BpeVocabulary AddTo(BpeVocabulary vocabulary, IEnumerable<string> words)
    {
        var whole = new WholeWords(vocabulary);
        // The end of a text stays the largest id, where models look for it.
        whole._tokens.RemoveRange(vocabulary.StartOfTextId, 2);
        foreach (var word in words) whole.Add(word);
        string[] tokens = [.. whole._tokens, Vocabulary.DefaultStartOfText, Vocabulary.DefaultEndOfText];
        var ids = tokens.Select((token, id) => (token, id)).ToDictionary(p => p.token, p => p.id);
        return new BpeVocabulary(new Vocabulary(
            ids, whole._merges, Vocabulary.DefaultStartOfText, Vocabulary.DefaultEndOfText, "the vocabulary", "the merges"));
    }

    /// <summary>A word as CLIP's tokenizer sees it; null for what it takes for no word or for several.</summary>
    public static string? Of(string text)
    {
        var clean = TextCleaner.Clean(text);
        return new ClipPreTokenizer().Split(clean) is [(0, var length)] && length == clean.Length ? clean : null;
    }

    /// <summary>The token that stands for a whole word.</summary>
    public static string Token(string word) => ByteSymbols.Spell(word) + Vocabulary.WordEnd;

    private void Add(string word)
    {
        var spelled = ByteSymbols.Spell(word);
        var symbols = spelled.Select(c => c.ToString()).ToList();
        symbols[^1] += Vocabulary.WordEnd;
        for (Merge(symbols); symbols.Count > 1; Merge(symbols))
        {
            var pair = (symbols[0], symbols[1]);
            _ranks.Add(pair, _merges.Count);
            _merges.Add(pair);
            if (_ids.TryAdd(symbols[0] + symbols[1], _tokens.Count)) _tokens.Add(symbols[0] + symbols[1]);
        }
    }

    /// <summary>Merges the pair that was learned first, everywhere, until there is none.</summary>
    private void Merge(List<string> symbols)
    {
        while (true)
        {
            var (best, pair) = (int.MaxValue, default((string Left, string Right)));
            for (var i = 1; i < symbols.Count; i++)
            {
                if (_ranks.TryGetValue((symbols[i - 1], symbols[i]), out var rank) && rank < best)
                    (best, pair) = (rank, (symbols[i - 1], symbols[i]));
            }

            if (best == int.MaxValue) return;
            for (var i = 0; i < symbols.Count - 1; i++)
            {
                if (symbols[i] != pair.Left || symbols[i + 1] != pair.Right) continue;
                symbols[i] += symbols[i + 1];
                symbols.RemoveAt(i + 1);
            }
        }
    }
}
