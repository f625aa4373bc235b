namespace Microsoft.ML.Clip.Experiments.Search;

/// <summary>
/// Averages of candidates, as systems of automatic machine learning end with (Caruana et al., 2004): those that err on different rows are
/// better together. Which are averaged is a rule and no search, so that few rows do not decide it.
/// </summary>
internal static class Averages
{
    /// <summary>How many are averaged at most.</summary>
    private const int Most = 4;

    /// <summary>How far behind the best one may be: a weak one does harm.</summary>
    private const double Behind = 0.06;

    /// <summary>The best of each kind on the best features, but those far behind.</summary>
    /// <param name="ranked">The best first.</param>
    /// <returns>Null where there are no two kinds.</returns>
    public static Trial? Of(IReadOnlyList<(Trial Trial, double Value)> ranked)
    {
        if (ranked.Count == 0) return null;
        var (best, value) = ranked[0];
        Trial[] members =
        [
            .. ranked.Where(one => one.Trial.Variant == best.Variant && one.Trial.Settings.Kind != CandidateKind.Average
                && one.Value >= value - Behind)
                .Select(one => one.Trial).DistinctBy(trial => trial.Settings.Kind).Take(Most),
        ];
        return members.Length < 2 ? null : best.Average(members);
    }
}
