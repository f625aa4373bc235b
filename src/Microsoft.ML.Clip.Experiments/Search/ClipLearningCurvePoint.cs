namespace Microsoft.ML.Clip.Experiments;

/// <summary>How well the best candidate does when it is fitted on so many pictures of each class.</summary>
/// <param name="PicturesPerClass">Pictures of each class; of a class that has fewer, all.</param>
/// <param name="Accuracy">The share that it got right of pictures that it was not fitted on, from 0 to 1.</param>
/// <param name="StandardError">The standard error of that, over draws.</param>
public sealed record ClipLearningCurvePoint(int PicturesPerClass, double Accuracy, double StandardError);
