namespace Microsoft.ML.Clip.Experiments.Search;

/// <summary>
/// Tries candidates by successive halving (Jamieson and Talwalkar, 2016): all on one fold, the better half on a second one, the better
/// half of these on all. One that is within its standard error of the best is not given up, so that few rows give up little.
/// </summary>
/// <param name="folded">The rows.</param>
/// <param name="metric">What is to be best.</param>
/// <param name="progress">Told of each trial as often as it was measured; null for nobody.</param>
/// <param name="log">Told, in sentences, what did not work.</param>
internal sealed class CandidateSearch(
    FoldedData folded, ClipExperimentMetric metric, IProgress<ClipTrial>? progress, Action<string> log)
{
    /// <summary>How many that time ran out for are measured to their end.</summary>
    private const int Unfinished = 4;

    private readonly Lock _gate = new();
    private readonly List<Trial> _trials = [];
    private int _count;

    /// <summary>All that have been measured, the best first.</summary>
    public Trial[] Ranked()
    {
        lock (_gate) return Ranking.Order(_trials, folded, metric);
    }

    /// <summary>Tries candidates.</summary>
    /// <returns>Whether it came to its end: false where time ran out or it was canceled.</returns>
    public bool Run(IReadOnlyList<Trial> wave, CancellationToken cancellation)
    {
        foreach (var trial in wave) trial.Number = _count++;
        var left = wave;
        foreach (var folds in new[] { 1, 2, folded.Count })
        {
            if (!Measure(left, folds, cancellation)) return false;
            left = Better([.. left.Where(trial => trial.Done >= Math.Min(folds, folded.Count))]);
        }

        return true;
    }

    /// <summary>
    /// Measures to their end the best of those that time ran out for: what is slow to fit must not lose to what is quick for that alone.
    /// One at a time, so that some come to their end.
    /// </summary>
    public void Finish(CancellationToken cancellation)
    {
        if (Ranked() is not [var best, .. var others]) return;
        var left = others.Prepend(best).Where(trial => !trial.IsComplete).Select(trial => (Trial: trial, Lead: Lead(trial)))
            .Where(pair => pair.Lead > 0).OrderByDescending(pair => pair.Lead);
        foreach (var (trial, _) in left.Take(Unfinished))
        {
            if (!Measure([trial], folded.Count, cancellation)) return;
        }

        // On the folds that both have been measured on.
        double Lead(Trial trial) => best.IsComplete
            ? trial.Score().Of(metric) - best.Score(trial.Done).Of(metric)
            : trial.Done + trial.Score().Of(metric);
    }

    /// <summary>Tries the average of the best, where there are several kinds that were measured on all folds.</summary>
    public void RunAverage(CancellationToken cancellation)
    {
        var complete = Ranked().Where(trial => trial.IsComplete).Select(trial => (trial, trial.Score().Of(metric)));
        if (Averages.Of([.. complete]) is { } average) Run([average], cancellation);
    }

    private bool Measure(IReadOnlyList<Trial> trials, int folds, CancellationToken cancellation)
    {
        try
        {
            var parallel = new ParallelOptions
            {
                CancellationToken = cancellation,
                MaxDegreeOfParallelism = Environment.ProcessorCount,
            };
            Parallel.ForEach(trials, parallel, trial => Measure(trial, folds, cancellation));
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Measure(Trial trial, int folds, CancellationToken cancellation)
    {
        if (trial.Done >= folds) return;
        try
        {
            trial.Run(folds, cancellation);
        }
        catch (Exception e) when (cancellation.IsCancellationRequested)
        {
            // ML.NET's trainers throw what knows nothing of this token, and loops in parallel gather that instead of stopping by it.
            throw new OperationCanceledException(e.Message, e, cancellation);
        }
        catch (Exception e)
        {
            // A trainer may refuse some data; the others go on.
            log($"{trial.Settings.Kind} ({trial.Settings.Describe()}) on {trial.Table.Variant} was left out: {e.Message}");
            lock (_gate) _trials.Remove(trial);
            return;
        }

        lock (_gate)
        {
            if (!_trials.Contains(trial)) _trials.Add(trial);
            if (progress is null) return;
            var rank = Array.IndexOf(Ranking.Order(_trials, folded, metric), trial) + 1;
            progress.Report(trial.Describe(rank));
        }
    }

    private Trial[] Better(Trial[] trials) => trials.Length == 0 ? [] : Halving.Better(
        [.. trials.OrderBy(trial => trial.Number)], trial => trial.Score().Of(metric), folded.Rows(fold => fold < trials[0].Done).Length);
}
