namespace Microsoft.ML.Clip.Experiments;

/// <summary>What comes of refusing to answer below a score.</summary>
/// <param name="Score">The least score of the best label at which the answer is given; 0 refuses nothing.</param>
/// <param name="Answered">Share of pictures that get an answer.</param>
/// <param name="Accuracy">Share of these answers that are right.</param>
/// <param name="AccuracyLow">The lower end of its 95 % interval, by Wilson's method.</param>
public sealed record ClipThreshold(double Score, double Answered, double Accuracy, double AccuracyLow)
{
    /// <summary>Share of unlabeled pictures that are refused; <see langword="null"/> where there are none.</summary>
    public double? UnlabeledRefused { get; init; }
}
