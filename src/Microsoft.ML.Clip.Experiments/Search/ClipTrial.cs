namespace Microsoft.ML.Clip.Experiments;

/// <summary>A candidate with its settings, and how well it did on pictures that it was not fitted on.</summary>
/// <param name="Candidate">What it is: <c>LbfgsMaximumEntropy</c>, <c>ZeroShot</c> and so on.</param>
/// <param name="Settings">Its settings, readable.</param>
/// <param name="Features">The variant of the features that it works on.</param>
/// <param name="Accuracy">The mean over folds of the share that it got right, from 0 to 1.</param>
/// <param name="AccuracyError">The standard error of that mean.</param>
/// <param name="MacroRecall">The mean over folds of the classes' mean recall, from 0 to 1.</param>
/// <param name="MacroRecallError">The standard error of that mean.</param>
public sealed record ClipTrial(
    string Candidate, string Settings, string Features,
    double Accuracy, double AccuracyError, double MacroRecall, double MacroRecallError)
{
    /// <summary>Seconds that fitting and asking it took, over all folds.</summary>
    public double Seconds { get; init; }

    /// <summary>Pictures that it was fitted on, in the mean over folds; 0 for one that needs none.</summary>
    public int TrainingSize { get; init; }

    /// <summary>Folds that it was measured on: fewer than the others' where it was given up early.</summary>
    public int Folds { get; init; }

    /// <summary>Its place, from 1; while the experiment goes on, among those so far.</summary>
    public int Rank { get; init; }
}
