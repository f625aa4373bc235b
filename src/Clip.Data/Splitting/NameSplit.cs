using System.Text.RegularExpressions;
using Clip.Conversion.Initialization;

namespace Clip.Data.Splitting;

/// <summary>
/// Chooses names to hold out of training. Where one name contains another's words, as "black cat" contains "cat", they stay together: a
/// model that has seen one of them has not been kept from the other.
/// </summary>
internal static partial class NameSplit
{
    /// <summary>Chooses names: those of whole groups, in an order that the seed draws, as long as they fit.</summary>
    /// <param name="names">All names; their order does not matter.</param>
    /// <param name="share">The share of them to hold out.</param>
    /// <param name="seed">Decides which.</param>
    public static IReadOnlySet<string> HoldOut(IReadOnlyCollection<string> names, double share, long seed) =>
        HoldOut(Groups(names), share, seed);

    /// <summary>Chooses whole groups, in an order that the seed draws, as long as they fit.</summary>
    /// <param name="groups">Of what stays together.</param>
    /// <param name="share">The share of all to hold out.</param>
    /// <param name="seed">Decides which.</param>
    public static IReadOnlySet<string> HoldOut(IReadOnlyList<IReadOnlyList<string>> groups, double share, long seed)
    {
        var order = groups.OrderBy(group => group[0], StringComparer.Ordinal).ToArray();
        new SampleRandom(seed, 0).Shuffle(order.AsSpan());
        var (left, held) = ((int)Math.Round(share * groups.Sum(group => group.Count)), new HashSet<string>(StringComparer.Ordinal));
        foreach (var group in order)
        {
            if (group.Count > left) continue;
            left -= group.Count;
            held.UnionWith(group);
        }

        return held;
    }

    /// <summary>Names that contain one another, together; each group in ordinal order.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Groups(IReadOnlyCollection<string> names)
    {
        var ordered = names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        var (above, byWords) = (Enumerable.Range(0, ordered.Length).ToArray(), new Dictionary<string, int>(StringComparer.Ordinal));
        var words = ordered.Select(name => Word().Matches(name.ToLowerInvariant()).Select(match => match.Value).ToArray()).ToArray();
        for (var i = 0; i < words.Length; i++)
        {
            // Names of the same words are one; those without any, such as "?", are like no other.
            if (words[i].Length > 0 && !byWords.TryAdd(string.Join(' ', words[i]), i)) above[i] = byWords[string.Join(' ', words[i])];
        }

        var longest = byWords.Count == 0 ? 0 : byWords.Values.Max(i => words[i].Length);
        for (var i = 0; i < words.Length; i++)
        {
            for (var from = 0; from < words[i].Length; from++)
            {
                for (var count = 1; count <= Math.Min(longest, words[i].Length - from); count++)
                {
                    if (byWords.TryGetValue(string.Join(' ', words[i], from, count), out var contained)) above[Root(contained)] = Root(i);
                }
            }
        }

        return [.. Enumerable.Range(0, ordered.Length).GroupBy(Root).Select(group => group.Select(i => ordered[i]).ToArray())];

        int Root(int i)
        {
            while (above[i] != i) i = above[i] = above[above[i]];
            return i;
        }
    }

    [GeneratedRegex(@"[\p{L}\p{M}\p{N}]+")]
    private static partial Regex Word();
}
