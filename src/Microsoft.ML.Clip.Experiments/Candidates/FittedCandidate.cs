namespace Microsoft.ML.Clip.Experiments.Candidates;

/// <summary>Rows that a candidate is fitted on.</summary>
/// <param name="Classes">The classes' names.</param>
/// <param name="Rows">Features of length 1, [rows][D].</param>
/// <param name="Labels">For each the number of its class.</param>
/// <param name="Directions">For each set of prompts, by its name, where the classes point, [classes][D].</param>
internal sealed record TrainingRows(
    IReadOnlyList<string> Classes, float[][] Rows, int[] Labels, IReadOnlyDictionary<string, float[][]> Directions);

/// <summary>A candidate that has been fitted.</summary>
internal abstract class FittedCandidate
{
    /// <summary>The column of features that it reads.</summary>
    public const string Features = "ClipFeatures";

    /// <summary>The steps of a pipeline: from features to <c>Score</c> and <c>PredictedLabel</c>, a key over the classes.</summary>
    public abstract IReadOnlyList<ITransformer> Steps { get; }

    /// <summary>A probability for each class, [rows][classes].</summary>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public abstract float[][] Predict(IReadOnlyList<float[]> rows, CancellationToken cancellation);

    /// <summary>Fits a candidate.</summary>
    /// <param name="settings">Its settings.</param>
    /// <param name="rows">What it is fitted on.</param>
    /// <param name="seed">Decides what is drawn.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public static FittedCandidate Fit(CandidateSettings settings, TrainingRows rows, int seed, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return settings.Kind switch
        {
            <= CandidateKind.Cache => FewShotCandidate.Keep(settings, rows),
            CandidateKind.Average => AverageCandidate.OfMembers(settings, rows, seed, cancellation),
            _ => TrainedCandidate.Train(settings, rows, seed, cancellation),
        };
    }
}
