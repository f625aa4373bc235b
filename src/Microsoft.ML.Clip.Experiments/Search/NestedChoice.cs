namespace Microsoft.ML.Clip.Experiments.Search;

/// <summary>
/// What the choice is worth on rows that neither a fit nor the choice has seen. For each fold all that were tried are halved as in the
/// search, but on the other folds alone; the best of these says what is made of the fold. Choosing among those that have done well on all
/// folds would not do: these have done well by chance, too.
/// </summary>
internal static class NestedChoice
{
    /// <summary>Makes the choice for each fold.</summary>
    /// <param name="tried">All trials.</param>
    /// <param name="folded">The rows.</param>
    /// <param name="metric">What is to be best.</param>
    /// <param name="log">Told, in sentences, what did not work.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>
    /// Null where there was no time, or there are but two folds, without which nothing is left to fit on: then nothing is known beyond the
    /// cross-validation by which the best was chosen.
    /// </returns>
    public static FoldPredictions? Make(
        IReadOnlyList<Trial> tried, FoldedData folded, ClipExperimentMetric metric, Action<string> log, CancellationToken cancellation)
    {
        if (folded.Count < 3) return null;
        // An average is made anew for each fold: its members were chosen by all rows.
        InnerTrial[] all =
        [
            .. tried.Where(trial => trial.Settings.Kind != CandidateKind.Average).OrderBy(Ranking.Simplicity)
                .ThenBy(trial => trial.Number).Select(trial => new InnerTrial(trial, folded, log)),
        ];
        var averages = all.Length < tried.Count;
        var probabilities = new float[folded.Folds.Length][];
        try
        {
            for (var outer = 0; outer < folded.Count; outer++)
            {
                if (Choose(all, outer, folded, metric, cancellation) is not [var best, ..] ranked) return null;
                var average = averages ? Average(ranked, outer, folded, metric, log, cancellation) : null;
                var said = (average ?? best).Trial.OfFold(outer, cancellation);
                var rows = folded.Rows(fold => fold == outer);
                for (var i = 0; i < rows.Length; i++) probabilities[rows[i]] = said[i];
            }
        }
        catch (OperationCanceledException)
        {
            return null;
        }

        return new FoldPredictions(folded.Folds, probabilities);
    }

    /// <summary>Those that were measured on all folds but one, the best of them first; none where everything refuses so few rows.</summary>
    private static InnerTrial[] Choose(
        InnerTrial[] all, int outer, FoldedData folded, ClipExperimentMetric metric, CancellationToken cancellation)
    {
        var others = Others(outer, folded);
        var parallel = new ParallelOptions
        {
            CancellationToken = cancellation,
            MaxDegreeOfParallelism = Environment.ProcessorCount,
        };
        var (left, measured) = (all, all);
        foreach (var count in new[] { 1, 2, others.Length })
        {
            var folds = others[..Math.Min(count, others.Length)];
            Parallel.ForEach(left, parallel, trial => trial.Measure(outer, folds, cancellation));
            measured = [.. left.Where(trial => !trial.Refuses)];
            left = Halving.Better(
                measured, trial => trial.Score(outer, folds).Of(metric), folded.Rows(fold => folds.Contains(fold)).Length);
        }

        return [.. measured.OrderByDescending(trial => trial.Score(outer, others).Of(metric))];
    }

    /// <summary>The average, as the search makes it, where it does better than the best by itself.</summary>
    private static InnerTrial? Average(
        InnerTrial[] ranked, int outer, FoldedData folded, ClipExperimentMetric metric, Action<string> log, CancellationToken cancellation)
    {
        var others = Others(outer, folded);
        if (Averages.Of([.. ranked.Select(one => (one.Trial, Value(one)))]) is not { } trial) return null;
        var average = new InnerTrial(trial, folded, log);
        average.Measure(outer, others, cancellation);
        return !average.Refuses && Value(average) > Value(ranked[0]) + Ranking.Tie ? average : null;

        double Value(InnerTrial one) => one.Score(outer, others).Of(metric);
    }

    private static int[] Others(int outer, FoldedData folded) => [.. Enumerable.Range(0, folded.Count).Where(fold => fold != outer)];

    /// <summary>A trial measured without a fold. A model without two folds serves both of them.</summary>
    private sealed class InnerTrial(Trial trial, FoldedData folded, Action<string> log)
    {
        private readonly int[][] _predicted =
            [.. Enumerable.Range(0, folded.Count).Select(_ => folded.Folds.Select(_ => Search.Score.NotMeasured).ToArray())];

        public Trial Trial => trial;

        /// <summary>Whether the trainer does not take so few rows.</summary>
        public bool Refuses { get; private set; }

        public void Measure(int outer, int[] folds, CancellationToken cancellation)
        {
            foreach (var asked in folds)
            {
                var rows = folded.Rows(fold => fold == asked);
                if (Refuses || _predicted[outer][rows[0]] != Search.Score.NotMeasured) continue;
                if (Fitted(fold => fold != outer && fold != asked, cancellation) is not { } fitted) return;
                Keep(outer, rows);
                Keep(asked, folded.Rows(fold => fold == outer));

                void Keep(int without, int[] of)
                {
                    var answers = Search.Score.Predicted(fitted(of));
                    for (var i = 0; i < of.Length; i++) _predicted[without][of[i]] = answers[i];
                }
            }
        }

        public Score Score(int outer, int[] folds) =>
            Search.Score.Of(folded.Data.Labels, folded.Folds, _predicted[outer], folds.Contains);

        private Func<int[], float[][]>? Fitted(Func<int, bool> on, CancellationToken cancellation)
        {
            try
            {
                var fitted = trial.Fit(folded.Rows(on), cancellation);
                return rows => fitted.Predict([.. rows.Select(row => trial.Table.Rows[row])], cancellation);
            }
            catch (Exception e) when (e is not OperationCanceledException && !cancellation.IsCancellationRequested)
            {
                log($"{trial.Settings.Kind} ({trial.Settings.Describe()}) has no part in the nested choice: {e.Message}");
                Refuses = true;
                return null;
            }
        }
    }
}
