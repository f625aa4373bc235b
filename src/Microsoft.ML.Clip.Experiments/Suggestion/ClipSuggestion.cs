namespace Microsoft.ML.Clip.Experiments;

/// <summary>A picture whose label would help.</summary>
/// <param name="Row">Its row among the unlabeled ones.</param>
/// <param name="Name">Its path, or whatever it is known by.</param>
/// <param name="First">The number of the label that it looks like most.</param>
/// <param name="Second">The number of the next one.</param>
/// <param name="ProbabilityOfFirst">How likely the first one is to the model.</param>
/// <param name="ProbabilityOfSecond">How likely the second one is.</param>
public sealed record ClipSuggestion(
    int Row, string Name, int First, int Second, double ProbabilityOfFirst, double ProbabilityOfSecond);
