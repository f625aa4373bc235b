using System.Numerics.Tensors;

namespace Microsoft.ML.Clip.Experiments.Search;

/// <summary>How well rows were told apart: the mean over folds, and its standard error.</summary>
internal sealed record Score(double Accuracy, double AccuracyError, double MacroRecall, double MacroRecallError)
{
    /// <summary>The number that is to be best.</summary>
    public double Of(ClipExperimentMetric metric) => metric == ClipExperimentMetric.Accuracy ? Accuracy : MacroRecall;

    /// <summary>Scores the rows of some folds.</summary>
    /// <param name="labels">For each row its class.</param>
    /// <param name="folds">For each row its fold.</param>
    /// <param name="probabilities">For each row a probability for each class; null where its fold is not to count.</param>
    public static Score Of(IReadOnlyList<int> labels, IReadOnlyList<int> folds, IReadOnlyList<float[]?> probabilities)
    {
        var parts = Enumerable.Range(0, labels.Count).Where(row => probabilities[row] is not null).GroupBy(row => folds[row]).Select(fold =>
        {
            var hits = fold.Select(row => (Label: labels[row], IsRight: IsRight(probabilities[row]!, labels[row]))).ToArray();
            return (
                Accuracy: hits.Average(hit => hit.IsRight ? 1.0 : 0),
                Recall: hits.GroupBy(hit => hit.Label).Average(own => own.Average(hit => hit.IsRight ? 1.0 : 0)));
        }).ToArray();
        var (accuracy, accuracyError) = Mean([.. parts.Select(part => part.Accuracy)]);
        var (recall, recallError) = Mean([.. parts.Select(part => part.Recall)]);
        return new Score(accuracy, accuracyError, recall, recallError);
    }

    /// <summary>Whether the most probable class is the right one.</summary>
    public static bool IsRight(float[] probabilities, int label) => TensorPrimitives.IndexOfMax<float>(probabilities) == label;

    /// <summary>A mean, and its standard error; that of one value is not known, and 0.</summary>
    public static (double Mean, double Error) Mean(IReadOnlyList<double> values)
    {
        var mean = values.Average();
        return values.Count < 2
            ? (mean, 0)
            : (mean, Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1) / values.Count));
    }
}
