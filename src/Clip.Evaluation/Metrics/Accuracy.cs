using Clip.Evaluation.Outcomes;

namespace Clip.Evaluation.Metrics;

/// <summary>How often the right label is among the first; ties count as in a random order.</summary>
/// <param name="Top1">Share of pictures whose right label has the highest score.</param>
/// <param name="Top5">Share of pictures whose right label is among the five highest.</param>
/// <param name="MeanPerClassRecall">The mean of the classes' shares, of those classes that have pictures.</param>
internal sealed record Accuracy(double Top1, double Top5, double MeanPerClassRecall)
{
    /// <exception cref="ClipException">A score is not finite.</exception>
    public static Accuracy Of(ClassificationOutcome outcome)
    {
        var placings = outcome.Pictures.Select(picture => (Class: picture.Right[0], picture.Placing)).ToList();
        return new Accuracy(
            placings.Average(p => p.Placing.Hit(1)), placings.Average(p => p.Placing.Hit(5)),
            placings.GroupBy(p => p.Class).Average(group => group.Average(p => p.Placing.Hit(1))));
    }
}
