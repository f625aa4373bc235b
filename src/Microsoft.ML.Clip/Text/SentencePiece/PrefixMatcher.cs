namespace Microsoft.ML.Clip.Text.SentencePiece;

/// <summary>Finds which of some strings begins at a place of a text, the longest first.</summary>
internal sealed class PrefixMatcher
{
    public static readonly PrefixMatcher None = new([]);

    private readonly ILookup<char, string> _byFirst;

    public PrefixMatcher(IEnumerable<string> strings) =>
        _byFirst = strings.Where(s => s.Length > 0).OrderByDescending(s => s.Length).ToLookup(s => s[0]);

    /// <summary>The length of the longest one that begins there; 0 where none does.</summary>
    public int Match(string text, int at)
    {
        foreach (var candidate in _byFirst[text[at]])
        {
            if (text.AsSpan(at).StartsWith(candidate, StringComparison.Ordinal)) return candidate.Length;
        }

        return 0;
    }

    /// <summary>Cuts a text into those strings and what lies between them.</summary>
    public IEnumerable<(string Text, bool IsMatch)> Cut(string text)
    {
        var from = 0;
        for (var at = 0; at < text.Length; at++)
        {
            var length = Match(text, at);
            if (length == 0) continue;
            if (at > from) yield return (text[from..at], false);
            yield return (text.Substring(at, length), true);
            from = at + length;
            at = from - 1;
        }

        if (from < text.Length) yield return (text[from..], false);
    }
}
