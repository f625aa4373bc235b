namespace Microsoft.ML.Clip.Experiments.DataCheck;

/// <summary>What must never lie on both sides of a fold.</summary>
internal static class Scenes
{
    /// <summary>
    /// A number for each row, the same for rows of one group and for rows that are nearly the same: a picture that a model has learned
    /// from tells nothing of how it does on new ones.
    /// </summary>
    public static int[] Of(IReadOnlyList<string?> groups, IEnumerable<ClipDuplicates> duplicates)
    {
        var sets = new RowSets(groups.Count);
        var firsts = new Dictionary<string, int>();
        for (var row = 0; row < groups.Count; row++)
        {
            if (groups[row] is { } group && !firsts.TryAdd(group, row)) sets.Join(firsts[group], row);
        }

        foreach (var rows in duplicates.Select(set => set.Rows))
        {
            foreach (var row in rows.Skip(1)) sets.Join(rows[0], row);
        }

        return [.. Enumerable.Range(0, groups.Count).Select(sets.First)];
    }
}
