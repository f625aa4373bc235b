using Microsoft.ML.Clip.Experiments.Candidates;
using Microsoft.ML.Clip.Experiments.Features;
using Microsoft.ML.Clip.Experiments.Search;

namespace Microsoft.ML.Clip.Experiments;

/// <summary>What an experiment found.</summary>
public sealed record ClipExperimentResult
{
    internal ClipExperimentResult(
        ExperimentData data, FeatureTable features, FoldPredictions folds, CandidateSettings settings, FeatureVariant variant) =>
        (Data, Features, Folds, Settings, Variant) = (data, features, folds, settings, variant);

    /// <summary>The best candidate.</summary>
    public required ClipTrial Best { get; init; }

    /// <summary>Every candidate, the best first.</summary>
    public required IReadOnlyList<ClipTrial> Trials { get; init; }

    /// <summary>The classes, in the order of the model's scores.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>How the best candidate does on 1, 2, 4, 8 and 16 pictures of a class, as far as there are so many.</summary>
    public required IReadOnlyList<ClipLearningCurvePoint> Curve { get; init; }

    /// <summary>
    /// The best candidate, fitted on all of the data: from the columns of pictures and texts to <c>PredictedLabel</c> (text) and
    /// <c>Score</c> (a probability for each class, in slots named by the classes).
    /// </summary>
    public required ITransformer Model { get; init; }

    /// <summary>Whether it was stopped before it was done: what is here is the best so far.</summary>
    public bool IsCanceled { get; init; }

    /// <summary>The rows.</summary>
    internal ExperimentData Data { get; }

    /// <summary>The features that the best candidate works on.</summary>
    internal FeatureTable Features { get; }

    /// <summary>What the best candidate says of rows that it has not seen.</summary>
    internal FoldPredictions Folds { get; }

    /// <summary>The settings of the best candidate, from which code can be written.</summary>
    internal CandidateSettings Settings { get; }

    /// <summary>The variant of the features that the best candidate works on.</summary>
    internal FeatureVariant Variant { get; }

    /// <summary>Features of the unlabeled pictures that were given; null where there were none.</summary>
    internal FeatureTable? UnlabeledFeatures { get; init; }

    /// <summary>For each unlabeled picture a probability for each class; null where there were none.</summary>
    internal float[][]? UnlabeledProbabilities { get; init; }

    /// <summary>The unlabeled pictures, those that can be read; null where there were none.</summary>
    internal ExperimentData? Unlabeled { get; init; }
}
