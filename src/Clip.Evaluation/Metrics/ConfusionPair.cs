using Clip.Evaluation.Outcomes;

namespace Clip.Evaluation.Metrics;

/// <summary>Pictures of one class that were taken for another.</summary>
/// <param name="Right">Their right label, by its place; of those with several the first.</param>
/// <param name="Taken">The label that came first, and is not right.</param>
/// <param name="Count">How many; where several labels share the first place, each has its share.</param>
/// <param name="Pictures">Which they are, by their places in the outcome.</param>
internal sealed record ConfusionPair(int Right, int Taken, double Count, IReadOnlyList<int> Pictures)
{
    /// <summary>All such pairs, the most frequent first; of equal ones in the labels' order.</summary>
    public static IReadOnlyList<ConfusionPair> Of(ClassificationOutcome outcome)
    {
        var pairs = new Dictionary<(int Right, int Taken), (double Count, List<int> Pictures)>();
        for (var p = 0; p < outcome.Pictures.Count; p++)
        {
            var picture = outcome.Pictures[p];
            if (picture.Right.Length == 0) continue;
            var best = picture.Scores.Max();
            int[] first = [.. Enumerable.Range(0, picture.Scores.Length).Where(i => picture.Scores[i] == best)];
            foreach (var taken in first.Except(picture.Right))
            {
                var key = (picture.Right[0], taken);
                var (count, pictures) = pairs.GetValueOrDefault(key, (0, []));
                pictures.Add(p);
                pairs[key] = (count + 1.0 / first.Length, pictures);
            }
        }

        return
        [
            .. pairs.OrderByDescending(pair => pair.Value.Count).ThenBy(pair => pair.Key)
                .Select(pair => new ConfusionPair(pair.Key.Right, pair.Key.Taken, pair.Value.Count, pair.Value.Pictures)),
        ];
    }
}
