namespace Microsoft.ML.Clip.Text.Bpe;

/// <summary>
/// A byte-level BPE vocabulary with <c>&lt;/w&gt;</c> as its end-of-word mark, checked to be one:
/// what any of the file formats boils down to.
/// </summary>
internal sealed class Vocabulary
{
    public const string WordEnd = "</w>";
    public const string DefaultStartOfText = "<|startoftext|>";
    public const string DefaultEndOfText = "<|endoftext|>";

    /// <summary>Ids are rows of a table, which is made for all of them; the largest published have a million.</summary>
    private const int MaxId = 1 << 22;

    /// <param name="ids">The id of each token, special ones included.</param>
    /// <param name="merges">The pairs to merge, the first to be merged first.</param>
    /// <param name="startOfText">The token before a text.</param>
    /// <param name="endOfText">The token after a text.</param>
    /// <param name="tokensFrom">Where the tokens come from, for messages.</param>
    /// <param name="mergesFrom">Where the merges come from, for messages.</param>
    /// <exception cref="InvalidDataException">The tokens and merges contradict each other, or a special token is missing.</exception>
    public Vocabulary(
        Dictionary<string, int> ids,
        List<(string Left, string Right)> merges,
        string startOfText,
        string endOfText,
        string tokensFrom,
        string mergesFrom)
    {
        (Ids, Merges, StartOfText, EndOfText, Source) = (ids, merges, startOfText, endOfText, mergesFrom);
        var owners = new Dictionary<int, string>(ids.Count);
        foreach (var (token, id) in ids)
        {
            if (id < 0) throw new InvalidDataException($"{tokensFrom}: the token '{token}' has the id {id}; ids are 0 or more.");
            if (id >= MaxId)
            {
                throw new InvalidDataException(
                    $"{tokensFrom}: the token '{token}' has the id {id}; ids are below {MaxId}, as rows of a table.");
            }

            if (!owners.TryAdd(id, token))
            {
                throw new InvalidDataException(
                    $"{tokensFrom}: the tokens '{owners[id]}' and '{token}' have the same id {id}, so the file is not a vocabulary.");
            }
        }

        foreach (var special in new[] { startOfText, endOfText })
        {
            if (!ids.ContainsKey(special))
            {
                throw new InvalidDataException(
                    $"{tokensFrom} has no token '{special}', which CLIP puts around every text: this is not a CLIP vocabulary.");
            }
        }

        foreach (var (left, right) in merges)
        {
            if (left.Length == 0 || right.Length == 0 || left.Contains(' ') || right.Contains(' '))
            {
                throw new InvalidDataException(
                    $"{mergesFrom}: the merge of '{left}' and '{right}' is not one of two tokens without spaces.");
            }

            foreach (var token in new[] { left, right, left + right })
            {
                if (ids.ContainsKey(token)) continue;
                throw new InvalidDataException(
                    $"{mergesFrom}: the merge '{left} {right}' needs the token '{token}', which {tokensFrom} does not have: "
                    + "the two do not belong together.");
            }
        }
    }

    public IReadOnlyDictionary<string, int> Ids { get; }

    public IReadOnlyList<(string Left, string Right)> Merges { get; }

    public string StartOfText { get; }

    public string EndOfText { get; }

    /// <summary>Where the merges come from, for messages.</summary>
    public string Source { get; }

    /// <summary>Rows that an embedding table needs: one more than the largest id.</summary>
    public int Size => Ids.Values.Max() + 1;

    /// <summary>Ids and tokens in the order of the ids.</summary>
    public IEnumerable<KeyValuePair<string, int>> InOrder => Ids.OrderBy(p => p.Value);

    /// <summary>The merges as lines of <c>merges.txt</c>, which also carry the special tokens' names if they are not CLIP's own.</summary>
    public IEnumerable<string> MergeLines()
    {
        var named = StartOfText != DefaultStartOfText || EndOfText != DefaultEndOfText;
        yield return named ? $"#version: 0.2 {StartOfText} {EndOfText}" : "#version: 0.2";
        foreach (var (left, right) in Merges) yield return $"{left} {right}";
    }
}
