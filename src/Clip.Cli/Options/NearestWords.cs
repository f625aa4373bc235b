namespace Clip.Cli.Options;

/// <summary>
/// What was meant by a word that is none: known words one typing error away, else those it begins, else those a few errors away.
/// </summary>
internal static class NearestWords
{
    private const int Most = 3;

    /// <summary>As far as more than one typing error, and less than two.</summary>
    private const double Beginning = 1.5;

    /// <summary>The nearest words, best first; none where none is near.</summary>
    /// <param name="word">The mistaken one.</param>
    /// <param name="known">Those there are. Hyphens before a word do not count.</param>
    public static IReadOnlyList<string> Of(string word, IEnumerable<string> known)
    {
        var bare = Bare(word);
        if (bare.Length < 2) return [];
        var near = known.Distinct().Select(candidate => (Word: candidate, Far: Far(bare, Bare(candidate))))
            .Where(candidate => candidate.Far <= Math.Max(Beginning, 1 + (bare.Length / 4)))
            .ToArray();
        return near.Length == 0 ? [] : [.. near.Where(n => n.Far == near.Min(other => other.Far)).Select(n => n.Word).Take(Most)];
    }

    private static double Far(string word, string known)
    {
        var errors = Distance(word, known);
        return known.StartsWith(word, StringComparison.Ordinal) ? Math.Min(errors, Beginning) : errors;
    }

    private static string Bare(string word) => word.TrimStart('-').ToLowerInvariant();

    /// <summary>
    /// The least number of letters to insert, leave out, replace, or exchange with their neighbors (the restricted distance of Damerau and
    /// Levenshtein).
    /// </summary>
    private static int Distance(string from, string to)
    {
        var cost = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++) cost[i, 0] = i;
        for (var j = 0; j <= to.Length; j++) cost[0, j] = j;
        for (var i = 1; i <= from.Length; i++)
        {
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = cost[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                cost[i, j] = Math.Min(replaced, 1 + Math.Min(cost[i - 1, j], cost[i, j - 1]));
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                    cost[i, j] = Math.Min(cost[i, j], 1 + cost[i - 2, j - 2]);
            }
        }

        return cost[from.Length, to.Length];
    }
}
