using Microsoft.ML.Clip.Experiments.Features;

namespace Microsoft.ML.Clip.Experiments.DataCheck;

/// <summary>All checks of the data together.</summary>
internal static class DataChecks
{
    /// <summary>Rows of which each is compared with each; of more it would take longer than the experiment.</summary>
    private const int MostRows = 20_000;

    /// <summary>What is wrong, in sentences, before anything has been learned.</summary>
    public static IEnumerable<string> Sentences(ClipDataProblems problems, ExperimentData data)
    {
        const int most = 3;
        if (!problems.AreCopiesChecked) yield return $"Copies are not looked for among more than {MostRows:N0} rows.";
        var across = problems.Duplicates.Where(set => set.AcrossClasses).ToArray();
        if (across.Length > 0)
        {
            yield return $"Nearly the same, and with different labels, are {across.Length} sets of rows, such as "
                + $"{string.Join("; ", across.Take(most).Select(Names))}: keep one label of each.";
        }

        var within = problems.Duplicates.Where(set => !set.AcrossClasses).ToArray();
        if (within.Length > 0)
        {
            yield return $"Nearly the same are {within.Length} sets of rows, such as {string.Join("; ", within.Take(most).Select(Names))}: "
                + "none of them is in two folds.";
        }

        foreach (var label in problems.GroupLeak?.ClassesInOneGroup ?? [])
            yield return $"All rows of '{data.Classes[label]}' are of one group: nothing can be told of new ones; add some of another.";

        string Names(ClipDuplicates set) =>
            string.Join(", ", set.Rows.Take(most).Select(row => $"'{data.Rows[row].Name}' ({data.Classes[data.Labels[row]]})"));
    }

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
        var neighbors = features.Count <= MostRows
            ? Neighbors.Of(features, NearDuplicates.NeighborsOf(features.Count), cancellation)
            : null;
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
