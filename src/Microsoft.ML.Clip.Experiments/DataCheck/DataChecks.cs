using Microsoft.ML.Clip.Experiments.Features;

namespace Microsoft.ML.Clip.Experiments.DataCheck;

/// <summary>All checks of the data together.</summary>
internal static class DataChecks
{
    /// <summary>Rows of which each is compared with each; of more it would take longer than the experiment.</summary>
    private const int MostRows = 20_000;

    /// <summary>What is wrong with the data.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="features">Their features of length 1, [rows][D].</param>
    /// <param name="probabilities">
    /// For each row a probability for each class, of a model that has not seen it; null before there is one, and then nothing is said of
    /// labels and of classes that look alike.
    /// </param>
    /// <param name="cancellation">Stops it.</param>
    public static ClipDataProblems Of(
        ExperimentData data, IReadOnlyList<float[]> features, IReadOnlyList<float[]>? probabilities = null,
        CancellationToken cancellation = default)
    {
        var neighbors = features.Count <= MostRows ? Neighbors.Of(features, NearDuplicates.Neighbors, cancellation) : null;
        return new ClipDataProblems
        {
            Unreadable = [.. data.Unreadable.Select(row => new ClipUnreadable(row.Name, row.Reason))],
            Duplicates = neighbors is null ? [] : NearDuplicates.Of(neighbors, data.Labels, data.Groups),
            GroupLeak = neighbors is null ? null : GroupLeak.Of(features, data.Labels, data.Groups, neighbors, cancellation),
            AreCopiesChecked = neighbors is not null,
            SuspectLabels = probabilities is null ? [] : ConfidentLearning.Of(data.Labels, probabilities),
            LookAlikes = probabilities is null ? [] : LookAlikes.Of(data.Labels, probabilities),
        };
    }
}
