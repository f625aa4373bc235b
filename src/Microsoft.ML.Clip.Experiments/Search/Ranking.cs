namespace Microsoft.ML.Clip.Experiments.Search;

/// <summary>Orders trials, the best first. Ties go to the simpler one.</summary>
internal static class Ranking
{
    /// <summary>A difference up to this counts as none, if it is no more than its standard error either.</summary>
    public const double Tie = 0.005;

    /// <summary>Orders trials: those on more folds first, and of these the better.</summary>
    public static Trial[] Order(IEnumerable<Trial> trials, FoldedData folded, ClipExperimentMetric metric)
    {
        var all = trials.Where(trial => trial.Done > 0).Select(trial => (Trial: trial, Value: trial.Score().Of(metric)))
            .OrderByDescending(pair => pair.Trial.Done).ThenByDescending(pair => pair.Value).ThenBy(pair => Simplicity(pair.Trial))
            .ThenBy(pair => pair.Trial.Number).ToList();
        if (all.Count == 0) return [];
        var top = all[0];
        var winner = all.Where(pair => pair.Trial.Done == top.Trial.Done && IsTie(top, pair))
            .OrderBy(pair => Simplicity(pair.Trial)).First();
        all.Remove(winner);
        return [winner.Trial, .. all.Select(pair => pair.Trial)];

        bool IsTie((Trial Trial, double Value) best, (Trial Trial, double Value) other) =>
            best.Value - other.Value <= Math.Min(Tie, PairedError(best.Trial, other.Trial, folded, metric));
    }

    /// <summary>The kind, then what the features cost.</summary>
    public static (int Kind, int Cost) Simplicity(Trial trial)
    {
        var variant = trial.Variant;
        return ((int)trial.Settings.Kind,
            variant.ModelFolders.Count * ((variant.UsesImages ? 10 * ((int)variant.Views + 1) : 0) + (variant.UsesTexts ? 1 : 0)));
    }

    /// <summary>The standard error of the difference of two trials on the same rows.</summary>
    private static double PairedError(Trial a, Trial b, FoldedData folded, ClipExperimentMetric metric)
    {
        int[] rows = [.. folded.Rows(fold => fold < Math.Min(a.Done, b.Done))];
        var counts = rows.CountBy(row => folded.Data.Labels[row]).ToDictionary();
        var squares = 0.0;
        foreach (var row in rows)
        {
            var label = folded.Data.Labels[row];
            if ((a.Predicted[row] == label) == (b.Predicted[row] == label)) continue;
            var weight = metric == ClipExperimentMetric.Accuracy ? 1.0 / rows.Length : 1.0 / (counts.Count * counts[label]);
            squares += weight * weight;
        }

        return Math.Sqrt(squares);
    }
}
