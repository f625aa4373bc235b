namespace Microsoft.ML.Clip.Experiments.Search;

/// <summary>
/// Rows dealt out to folds so that no group is in two of them, and each has about its share of every class (as scikit-learn's
/// <c>StratifiedGroupKFold</c>, which also deals out the groups from the largest on).
/// </summary>
internal static class Folds
{
    /// <summary>Deals out rows.</summary>
    /// <param name="labels">For each row its class.</param>
    /// <param name="groups">For each row its group, or null.</param>
    /// <param name="most">The most folds; fewer where classes have fewer groups.</param>
    /// <param name="seed">Decides which rows go together.</param>
    /// <returns>For each row its fold, from 0.</returns>
    /// <exception cref="ArgumentException">Fewer than two classes have rows for both sides of a split.</exception>
    public static int[] Of(IReadOnlyList<int> labels, IReadOnlyList<string?> groups, int most, int seed)
    {
        var sets = Sets(groups);
        // As many as the median class has: one class of two pictures must not halve the others.
        var groupsOfClass = GroupsOfClass(labels, sets);
        var folds = Math.Clamp(groupsOfClass[groupsOfClass.Length / 2], 2, most);
        var random = new Random(seed);
        random.Shuffle(sets);
        var inFold = new Dictionary<(int Fold, int Label), int>();
        var sizes = new int[folds];
        var dealt = new int[labels.Count];
        foreach (var set in sets.OrderByDescending(set => set.Length))
        {
            var counts = set.CountBy(row => labels[row]).ToArray();
            var fold = Enumerable.Range(0, folds)
                .OrderBy(f => counts.Sum(count => (double)count.Value * inFold.GetValueOrDefault((f, count.Key))))
                .ThenBy(f => sizes[f]).First();
            foreach (var (label, count) in counts) inFold[(fold, label)] = inFold.GetValueOrDefault((fold, label)) + count;
            sizes[fold] += set.Length;
            foreach (var row in set) dealt[row] = fold;
        }

        return dealt;
    }

    /// <summary>Refuses what cannot be dealt out, whatever belongs together beside the groups.</summary>
    /// <exception cref="ArgumentException">Fewer than two classes have rows for both sides of a split.</exception>
    public static void Check(IReadOnlyList<int> labels, IReadOnlyList<string?> groups) => GroupsOfClass(labels, Sets(groups));

    /// <summary>The rows of each group; a row without one is a group by itself.</summary>
    private static int[][] Sets(IReadOnlyList<string?> groups) =>
    [
        .. Enumerable.Range(0, groups.Count).GroupBy(row => groups[row] is { } group ? (group, -1) : ("", row))
            .Select(set => set.ToArray()),
    ];

    /// <summary>How many groups each class has, the fewest first.</summary>
    private static int[] GroupsOfClass(IReadOnlyList<int> labels, int[][] sets)
    {
        int[] counts =
        [
            .. sets.SelectMany(set => set.Select(row => labels[row]).Distinct()).CountBy(label => label)
                .Select(count => count.Value).Order(),
        ];
        return counts.Count(count => count > 1) >= 2
            ? counts
            : throw new ArgumentException(
                "Fewer than two classes have two pictures of different groups, so nothing can be fitted on some and tried on others; give "
                + "at least two of each class.", nameof(labels));
    }
}
