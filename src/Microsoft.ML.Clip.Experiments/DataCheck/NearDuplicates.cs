namespace Microsoft.ML.Clip.Experiments.DataCheck;

/// <summary>
/// Pictures that are nearly the same: those whose distance (1 - cosine) is below 0.13 of what the nearest neighbor's distance usually
/// is, by which cleanlab's Datalab tells them too, and below a quarter of what others are away from them. A model whose features lie
/// close together has a smaller radius than another; and where many pictures are much alike, such as white arrows on blue, they are a
/// kind rather than copies.
/// </summary>
internal static class NearDuplicates
{
    private const double ShareOfMedian = 0.13, ShareOfOthers = 0.25;

    /// <summary>Which neighbor tells how far others are away; more copies than that of one picture would hide each other.</summary>
    private const int FewestOthers = 3, MostOthers = 25;

    /// <summary>As far as the same picture may be from itself in float32.</summary>
    private const float Rounding = 1e-5f;

    /// <summary>Sets of rows that are nearly the same, the largest first; each row of a set is near to another one of it.</summary>
    /// <param name="neighbors">The nearest of each row, as many as <see cref="NeighborsOf"/>.</param>
    /// <param name="labels">For each row its label.</param>
    /// <param name="groups">For each row its group; null for none at all.</param>
    public static IReadOnlyList<ClipDuplicates> Of(Neighbors neighbors, IReadOnlyList<int> labels, IReadOnlyList<string?>? groups = null)
    {
        var radius = Radius(neighbors);
        double[] own =
        [
            .. neighbors.Cosines.Select(cosines => cosines.Length == 0
                ? 0
                : Math.Max(Rounding, Math.Min(radius, ShareOfOthers * (1 - cosines[^1])))),
        ];
        var sets = new RowSets(labels.Count);
        for (var row = 0; row < labels.Count; row++)
        {
            for (var n = 0; n < neighbors.Rows[row].Length && 1 - neighbors.Cosines[row][n] <= own[row]; n++)
            {
                if (1 - neighbors.Cosines[row][n] <= own[neighbors.Rows[row][n]]) sets.Join(row, neighbors.Rows[row][n]);
            }
        }

        return
        [
            .. sets.OfSeveral().OrderByDescending(rows => rows.Count).Select(rows => new ClipDuplicates(
                rows, rows.Select(row => labels[row]).Distinct().Count() > 1,
                groups is not null && rows.Select(row => groups[row]).Distinct().Count() > 1)),
        ];
    }

    /// <summary>How many neighbors of each of so many rows are looked at.</summary>
    public static int NeighborsOf(int rows) => Math.Clamp(rows / 4, FewestOthers, MostOthers);

    /// <summary>The distance up to which two pictures count as the same. Those that are the same to the bit tell nothing of it.</summary>
    private static double Radius(Neighbors neighbors)
    {
        double[] distances =
            [.. neighbors.Cosines.Where(cosines => cosines.Length > 0).Select(c => 1.0 - c[0]).Where(d => d > Rounding).Order()];
        return distances.Length == 0 ? Rounding : Math.Max(Rounding, ShareOfMedian * distances[distances.Length / 2]);
    }
}
