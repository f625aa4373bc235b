namespace Clip.Evaluation.Report;

/// <summary>How one class fares.</summary>
/// <param name="Pictures">Pictures of it.</param>
/// <param name="Recalled">How many of them are recognized; ties count in part.</param>
/// <param name="Chosen">Pictures, of whatever class, whose best label it is.</param>
/// <param name="Mistaken">The wrong label that its pictures get most often; -1 where they get none.</param>
internal sealed record ClassResult(int Pictures, double Recalled, int Chosen, int Mistaken)
{
    /// <summary>One for each label.</summary>
    public static ClassResult[] Of(ReportedSet set, ReportedRun run)
    {
        var (pictures, chosen, recalled) = (new int[set.Labels.Count], new int[set.Labels.Count], new double[set.Labels.Count]);
        for (var i = 0; i < run.Outcomes.Count; i++)
        {
            var outcome = run.Outcomes[i];
            chosen[outcome.Best[0]]++;
            for (var r = 0; r < outcome.Recalls.Count; r++)
            {
                pictures[set.Right![i][r]]++;
                recalled[set.Right[i][r]] += outcome.Recalls[r];
            }
        }

        var mistaken = ConfusedPair.Of(set, run).GroupBy(pair => pair.Right).ToDictionary(pairs => pairs.Key, pairs => pairs.First().Taken);
        return
        [
            .. Enumerable.Range(0, set.Labels.Count)
                .Select(c => new ClassResult(pictures[c], recalled[c], chosen[c], mistaken.GetValueOrDefault(c, -1))),
        ];
    }
}

/// <summary>Pictures of one class that are taken for another; of those with several right labels the first counts.</summary>
/// <param name="Right">What they show.</param>
/// <param name="Taken">What they are taken for.</param>
/// <param name="Pictures">Which they are.</param>
internal sealed record ConfusedPair(int Right, int Taken, IReadOnlyList<int> Pictures)
{
    /// <summary>All pairs there are, the most frequent first.</summary>
    public static IReadOnlyList<ConfusedPair> Of(ReportedSet set, ReportedRun run) =>
    [
        .. Enumerable.Range(0, run.Outcomes.Count)
            .Where(i => run.Outcomes[i] is { Place: not null, IsRight: false })
            .GroupBy(i => (Right: set.Right![i][0], Taken: run.Outcomes[i].Best[0]))
            .Where(pair => pair.Key.Right != pair.Key.Taken)
            .Select(pair => new ConfusedPair(pair.Key.Right, pair.Key.Taken, [.. pair]))
            .OrderByDescending(pair => pair.Pictures.Count).ThenBy(pair => pair.Right).ThenBy(pair => pair.Taken),
    ];
}
