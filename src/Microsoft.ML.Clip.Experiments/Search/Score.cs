using System.Numerics.Tensors;

namespace Microsoft.ML.Clip.Experiments.Search;

/// <summary>How well rows were told apart: the mean over folds, and its standard error.</summary>
internal sealed record Score(double Accuracy, double AccuracyError, double MacroRecall, double MacroRecallError)
{
    /// <summary>In place of a class, of rows whose fold was not measured.</summary>
    public const int NotMeasured = -1;

    /// <summary>The number that is to be best.</summary>
    public double Of(ClipExperimentMetric metric) => metric == ClipExperimentMetric.Accuracy ? Accuracy : MacroRecall;

    /// <summary>Scores the rows of some folds.</summary>
    /// <param name="labels">For each row its class.</param>
    /// <param name="folds">For each row its fold.</param>
    /// <param name="predicted">For each row the class predicted; <see cref="NotMeasured"/> for none.</param>
    /// <param name="counts">Which folds count; null for all.</param>
    public static Score Of(
        IReadOnlyList<int> labels, IReadOnlyList<int> folds, IReadOnlyList<int> predicted, Func<int, bool>? counts = null)
    {
        var measured = Enumerable.Range(0, labels.Count)
            .Where(row => predicted[row] != NotMeasured && counts?.Invoke(folds[row]) != false);
        var parts = measured.GroupBy(row => folds[row]).Select(fold =>
        {
            var hits = fold.Select(row => (Label: labels[row], IsRight: predicted[row] == labels[row])).ToArray();
            return (
                Accuracy: hits.Average(hit => hit.IsRight ? 1.0 : 0),
                Recall: hits.GroupBy(hit => hit.Label).Average(own => own.Average(hit => hit.IsRight ? 1.0 : 0)));
        }).ToArray();
        var (accuracy, accuracyError) = Mean([.. parts.Select(part => part.Accuracy)]);
        var (recall, recallError) = Mean([.. parts.Select(part => part.Recall)]);
        return new Score(accuracy, accuracyError, recall, recallError);
    }

    /// <summary>For each row the most probable class.</summary>
    public static int[] Predicted(IEnumerable<float[]> probabilities) =>
        [.. probabilities.Select(row => TensorPrimitives.IndexOfMax<float>(row))];

    /// <summary>A mean, and its standard error; that of one value is not known, and 0.</summary>
    public static (double Mean, double Error) Mean(IReadOnlyList<double> values)
    {
        var mean = values.Average();
        return values.Count < 2
            ? (mean, 0)
            : (mean, Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1) / values.Count));
    }
}
