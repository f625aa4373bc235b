using Clip.Evaluation.Outcomes;

namespace Clip.Evaluation.Metrics;

/// <summary>How one class of a set fared.</summary>
/// <param name="Label">The class.</param>
/// <param name="Images">Pictures of it.</param>
/// <param name="Recall">Share of them that were called so.</param>
internal sealed record ClassRecall(string Label, int Images, double Recall)
{
    /// <summary>Every class that has pictures, in the labels' order.</summary>
    public static IReadOnlyList<ClassRecall> Of(ClassificationOutcome outcome) =>
    [
        .. outcome.Pictures.GroupBy(picture => picture.Right[0]).OrderBy(group => group.Key)
            .Select(group => new ClassRecall(
                outcome.Set.Labels[group.Key], group.Count(), group.Average(picture => picture.Placing.Hit(1)))),
    ];
}

/// <summary>Pictures of one class that were taken for another.</summary>
/// <param name="Label">Their right label.</param>
/// <param name="TakenFor">The label that came first.</param>
/// <param name="Count">How many; where several labels share the first place, each has its share.</param>
internal sealed record ConfusionPair(string Label, string TakenFor, double Count)
{
    /// <summary>All such pairs, the most frequent first; of equal ones in the labels' order.</summary>
    public static IReadOnlyList<ConfusionPair> Of(ClassificationOutcome outcome)
    {
        var labels = outcome.Set.Labels;
        var counts = new Dictionary<(int Right, int Taken), double>();
        foreach (var picture in outcome.Pictures)
        {
            var best = picture.Scores.Max();
            int[] first = [.. Enumerable.Range(0, labels.Count).Where(i => picture.Scores[i] == best)];
            foreach (var taken in first.Where(i => i != picture.Right[0]))
            {
                var pair = (picture.Right[0], taken);
                counts[pair] = counts.GetValueOrDefault(pair) + 1.0 / first.Length;
            }
        }

        return
        [
            .. counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key)
                .Select(pair => new ConfusionPair(labels[pair.Key.Right], labels[pair.Key.Taken], pair.Value)),
        ];
    }
}
