namespace Microsoft.ML.Clip.Experiments.DataCheck;

/// <summary>How much easier pictures are to recognize where others of their group are known.</summary>
internal static class GroupLeak
{
    /// <summary>
    /// Looks for each picture's nearest neighbor, among all and among other groups alone, and how often it is of the same class.
    /// </summary>
    /// <param name="features">Features of length 1, [rows][D].</param>
    /// <param name="labels">For each row its label.</param>
    /// <param name="groups">For each row its group; null for a row that stands by itself.</param>
    /// <param name="neighbors">The nearest rows.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>Null where no two rows have a group in common.</returns>
    public static ClipGroupLeak? Of(
        IReadOnlyList<float[]> features, IReadOnlyList<int> labels, IReadOnlyList<string?> groups, Neighbors neighbors,
        CancellationToken cancellation = default)
    {
        if (groups.OfType<string>().CountBy(group => group).All(group => group.Value < 2)) return null;
        var apart = Neighbors.Of(
            features, features, 1, (row, other) => row != other && (groups[row] is null || groups[row] != groups[other]), cancellation);
        // Those that have no other picture of their class outside of their group could not be right.
        var groupsOf = labels.Select((label, row) => (label, Group: groups[row] ?? $"\0{row}")).Distinct()
            .GroupBy(pair => pair.label).ToDictionary(pairs => pairs.Key, pairs => pairs.Count());
        int[] rows = [.. Enumerable.Range(0, labels.Count).Where(row => groupsOf[labels[row]] > 1)];
        return new ClipGroupLeak(
            Right(neighbors, rows), Right(apart, rows),
            [.. groupsOf.Where(pair => pair.Value == 1 && labels.Count(label => label == pair.Key) > 1).Select(pair => pair.Key).Order()]);

        double Right(Neighbors of, int[] rows) =>
            rows.Length == 0 ? 0 : rows.Average(row => of.Rows[row] is [var nearest, ..] && labels[nearest] == labels[row] ? 1.0 : 0.0);
    }
}
