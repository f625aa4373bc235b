using Microsoft.ML.Clip.Experiments.Features;

namespace Microsoft.ML.Clip.Experiments.Refusal;

/// <summary>One more class of an experiment, for pictures that are none of the others.</summary>
internal static class NoneClass
{
    /// <summary>The data with such a class, of no more pictures than the largest class has.</summary>
    /// <param name="data">The labeled rows.</param>
    /// <param name="features">Their features.</param>
    /// <param name="unlabeled">The unlabeled rows.</param>
    /// <param name="unlabeledFeatures">Their features.</param>
    /// <param name="name">The class's name.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>The data, and the unlabeled rows that are left; null where fewer than two pictures are none of the classes.</returns>
    /// <exception cref="ArgumentException">There is such a class.</exception>
    public static (ExperimentData Data, ExperimentData Unlabeled)? Add(
        ExperimentData data, FeatureTable features, ExperimentData unlabeled, FeatureTable unlabeledFeatures, string name,
        CancellationToken cancellation)
    {
        if (data.Classes.Contains(name))
            throw new ArgumentException($"There is a class '{name}' among the labeled ones; give the class for all others another name.");
        var rows = NoneOfThese.Rows(features.Rows, data.Labels, unlabeledFeatures.Rows, cancellation);
        if (rows.Length < 2) return null;
        var most = Math.Min(rows.Length, data.Labels.CountBy(label => label).Max(count => count.Value));
        // Spread over all, for neighbors in a folder are often alike.
        HashSet<int> taken = [.. Enumerable.Range(0, most).Select(i => rows[(int)((long)i * rows.Length / most)])];
        return (
            new ExperimentData(
                [.. data.Rows, .. taken.Order().Select(row => unlabeled.Rows[row] with { Label = data.Classes.Count })],
                [.. data.Classes, name], data.Unreadable),
            unlabeled with { Rows = [.. unlabeled.Rows.Where((_, row) => !taken.Contains(row))] });
    }
}
