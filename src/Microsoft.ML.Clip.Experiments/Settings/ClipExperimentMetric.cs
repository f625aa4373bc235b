namespace Microsoft.ML.Clip.Experiments;

/// <summary>What an experiment makes best.</summary>
public enum ClipExperimentMetric
{
    /// <summary>The mean of the classes' recalls: each class counts the same.</summary>
    MacroRecall,

    /// <summary>The share of pictures that are right: each picture counts the same.</summary>
    Accuracy,
}
