namespace Microsoft.ML.Clip.Experiments.Search;

/// <summary>
/// What the choice is worth on rows that neither a fit nor the choice has seen. For each fold, the finalists are fitted on all but that
/// fold and one other, and measured on the other; the best over all others says what is made of the fold. A model without two folds serves
/// both of them, so this takes folds × (folds - 1) / 2 fits of each finalist.
/// </summary>
internal static class NestedChoice
{
    /// <summary>Finalists: which are best is decided by few, and more would take the time of the search.</summary>
    private const int MostFinalists = 8;

    /// <summary>Makes the choice for each fold.</summary>
    /// <param name="ranked">All trials, the best first.</param>
    /// <param name="folded">The rows.</param>
    /// <param name="metric">What is to be best.</param>
    /// <param name="log">Told, in sentences, what did not work.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>
    /// Null where there was no time, or there are but two folds, without which nothing is left to fit on: then nothing is known beyond the
    /// cross-validation by which the best was chosen.
    /// </returns>
    public static FoldPredictions? Make(
        IReadOnlyList<Trial> ranked, FoldedData folded, ClipExperimentMetric metric, Action<string> log, CancellationToken cancellation)
    {
        if (folded.Count < 3) return null;
        Trial[] finalists = [.. ranked.Where(trial => trial.IsComplete).Take(MostFinalists)];
        try
        {
            var measured = finalists.AsParallel().AsOrdered().WithCancellation(cancellation)
                .Select(trial => (Trial: trial, Predicted: Inner(trial, folded, log, cancellation)))
                .Where(pair => pair.Predicted is not null).ToArray();
            if (measured.Length == 0) return null;
            finalists = [.. measured.Select(pair => pair.Trial)];
            int[][][] inner = [.. measured.Select(pair => pair.Predicted!)];
            var probabilities = new float[folded.Folds.Length][];
            for (var fold = 0; fold < folded.Count; fold++)
            {
                var outer = fold;
                var best = Enumerable.Range(0, finalists.Length)
                    .MaxBy(i => Score.Of(folded.Data.Labels, folded.Folds, inner[i][outer]).Of(metric));
                var (rows, said) = (folded.Rows(f => f == outer), finalists[best].OfFold(outer, cancellation));
                for (var i = 0; i < rows.Length; i++) probabilities[rows[i]] = said[i];
            }

            return new FoldPredictions(folded.Folds, probabilities);
        }
        catch (Exception e) when (cancellation.IsCancellationRequested && e is OperationCanceledException or AggregateException)
        {
            return null;
        }
    }

    /// <summary>What <see cref="Inner(Trial, FoldedData, CancellationToken)"/> gives; null where the trainer refuses so few rows.</summary>
    private static int[][]? Inner(Trial trial, FoldedData folded, Action<string> log, CancellationToken cancellation)
    {
        try
        {
            return Inner(trial, folded, cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            log($"{trial.Settings.Kind} ({trial.Settings.Describe()}) has no part in the nested choice: {e.Message}");
            return null;
        }
    }

    /// <summary>For each fold what is predicted of the rows of the others without it.</summary>
    private static int[][] Inner(Trial trial, FoldedData folded, CancellationToken cancellation)
    {
        int[][] said = [.. Enumerable.Range(0, folded.Count).Select(_ => folded.Folds.Select(_ => Score.NotMeasured).ToArray())];
        for (var a = 0; a < folded.Count; a++)
        {
            for (var b = a + 1; b < folded.Count; b++)
            {
                var (one, other) = (a, b);
                var fitted = trial.Fit(folded.Rows(fold => fold != one && fold != other), cancellation);
                Say(one, other);
                Say(other, one);

                void Say(int outer, int asked)
                {
                    var rows = folded.Rows(fold => fold == asked);
                    var answers = Score.Predicted(fitted.Predict([.. rows.Select(row => trial.Table.Rows[row])], cancellation));
                    for (var i = 0; i < rows.Length; i++) said[outer][rows[i]] = answers[i];
                }
            }
        }

        return said;
    }
}
