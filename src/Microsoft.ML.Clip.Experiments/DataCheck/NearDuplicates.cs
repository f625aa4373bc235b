namespace Microsoft.ML.Clip.Experiments.DataCheck;

/// <summary>
/// Pictures that are nearly the same: those whose distance (1 - cosine) is below 0.13 of what the nearest neighbor's distance usually
/// is, by which cleanlab's Datalab tells them too. A model whose features lie close together has a smaller radius than another.
/// </summary>
internal static class NearDuplicates
{
    /// <summary>Neighbors that are looked at for each row.</summary>
    public const int Neighbors = 10;

    private const double ShareOfMedian = 0.13;

    /// <summary>As far as the same picture may be from itself in float32.</summary>
    private const float Rounding = 1e-5f;

    /// <summary>Sets of rows that are nearly the same, the largest first; each row of a set is near to another one of it.</summary>
    public static IReadOnlyList<ClipDuplicates> Of(Neighbors neighbors, IReadOnlyList<int> labels, IReadOnlyList<string?>? groups = null)
    {
        var radius = Radius(neighbors);
        var sets = new RowSets(labels.Count);
        for (var row = 0; row < labels.Count; row++)
        {
            for (var n = 0; n < neighbors.Rows[row].Length && 1 - neighbors.Cosines[row][n] <= radius; n++)
                sets.Join(row, neighbors.Rows[row][n]);
        }

        return
        [
            .. sets.OfSeveral().OrderByDescending(rows => rows.Count).Select(rows => new ClipDuplicates(
                rows, rows.Select(row => labels[row]).Distinct().Count() > 1,
                groups is not null && rows.Select(row => groups[row]).Distinct().Count() > 1)),
        ];
    }

    /// <summary>The distance up to which two pictures count as the same. Those that are the same to the bit tell nothing of it.</summary>
    private static double Radius(Neighbors neighbors)
    {
        double[] distances =
            [.. neighbors.Cosines.Where(cosines => cosines.Length > 0).Select(c => 1.0 - c[0]).Where(d => d > Rounding).Order()];
        return distances.Length == 0 ? Rounding : Math.Max(Rounding, ShareOfMedian * distances[distances.Length / 2]);
    }
}
