namespace Microsoft.ML.Clip.Experiments.Search;

/// <summary>How the best candidate does on few pictures of each class.</summary>
internal static class LearningCurve
{
    private static readonly int[] Sizes = [1, 2, 4, 8, 16];

    /// <summary>Draws so many rows of each class outside of each fold, fits on them, and asks of the fold.</summary>
    /// <param name="trial">The best.</param>
    /// <param name="folded">The rows.</param>
    /// <param name="log">Told, in sentences, what did not work.</param>
    /// <param name="cancellation">Stops it; the points that are done count.</param>
    public static IReadOnlyList<ClipLearningCurvePoint> Of(
        Trial trial, FoldedData folded, Action<string> log, CancellationToken cancellation)
    {
        var points = new List<ClipLearningCurvePoint>();
        foreach (var size in Sizes)
        {
            // A point that most classes have too few pictures for would say nothing of so many.
            var counts = folded.Rows(fold => fold != 0).CountBy(row => folded.Data.Labels[row]).Select(count => count.Value).ToArray();
            if (counts.Count(count => count >= size) * 2 < counts.Length) break;
            try
            {
                double[] accuracies = [.. Enumerable.Range(0, folded.Count).AsParallel().AsOrdered().WithCancellation(cancellation)
                    .Select(fold => Accuracy(trial, folded, fold, size, cancellation))];
                var (mean, error) = Score.Mean(accuracies);
                points.Add(new ClipLearningCurvePoint(size, mean, error));
            }
            catch (Exception e) when (cancellation.IsCancellationRequested && e is OperationCanceledException or AggregateException)
            {
                break;
            }
            catch (AggregateException e)
            {
                // Trainers may refuse so few rows; there is a point where they do not.
                log($"{trial.Settings.Kind} cannot be fitted on {size} of each class: {e.InnerExceptions[0].Message}");
            }
        }

        return points;
    }

    private static double Accuracy(Trial trial, FoldedData folded, int fold, int size, CancellationToken cancellation)
    {
        var random = new Random(unchecked((folded.Seed * 397) + fold));
        var others = folded.Rows(f => f != fold);
        random.Shuffle(others);
        int[] drawn = [.. others.GroupBy(row => folded.Data.Labels[row]).SelectMany(own => own.Take(size)).Order()];
        var test = folded.Rows(f => f == fold);
        var said = trial.Fit(drawn, cancellation).Predict([.. test.Select(row => trial.Table.Rows[row])], cancellation);
        return Score.Predicted(said).Zip(test, (label, row) => label == folded.Data.Labels[row] ? 1.0 : 0).Average();
    }
}
