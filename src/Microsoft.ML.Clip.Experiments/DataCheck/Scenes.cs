namespace Microsoft.ML.Clip.Experiments.DataCheck;

/// <summary>What must never lie on both sides of a fold.</summary>
internal static class Scenes
{
    /// <summary>
    /// A scene for each row, the same for rows of one group and for rows that are nearly the same: a picture that a model has learned
    /// from tells nothing of how it does on new ones. A class that would be left with one scene could not be tried on new pictures at
    /// all; its copies do not count.
    /// </summary>
    /// <param name="labels">For each row its label.</param>
    /// <param name="groups">For each row its group; null for a row that stands by itself.</param>
    /// <param name="copies">Rows that are nearly the same.</param>
    public static string[] Of(IReadOnlyList<int> labels, IReadOnlyList<string?> groups, IReadOnlyList<ClipDuplicates> copies)
    {
        var sets = Join(groups, copies);
        var alone = Enumerable.Range(0, labels.Count).GroupBy(row => labels[row])
            .Where(rows => rows.Select(sets.First).Distinct().Count() == 1).Select(rows => rows.Key).ToHashSet();
        if (alone.Count > 0) sets = Join(groups, copies.Where(set => !set.Rows.Any(row => alone.Contains(labels[row]))));
        return [.. Enumerable.Range(0, groups.Count).Select(row => $"{sets.First(row)}")];
    }

    private static RowSets Join(IReadOnlyList<string?> groups, IEnumerable<ClipDuplicates> copies)
    {
        var sets = new RowSets(groups.Count);
        var firsts = new Dictionary<string, int>();
        for (var row = 0; row < groups.Count; row++)
        {
            if (groups[row] is { } group && !firsts.TryAdd(group, row)) sets.Join(firsts[group], row);
        }

        foreach (var rows in copies.Select(set => set.Rows))
        {
            foreach (var row in rows.Skip(1)) sets.Join(rows[0], row);
        }

        return sets;
    }
}
