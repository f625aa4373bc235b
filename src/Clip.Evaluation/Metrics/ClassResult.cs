using Clip.Evaluation.Outcomes;

namespace Clip.Evaluation.Metrics;

/// <summary>
/// How one class of a set fared. For each picture as many labels are chosen as are right for it, the best ones; of those that tie for
/// the last places each is chosen in part.
/// </summary>
/// <param name="Class">The class, by its place among the labels.</param>
/// <param name="Pictures">Pictures of it.</param>
/// <param name="Recalled">How many of them it was chosen for.</param>
/// <param name="Chosen">How many pictures it was chosen for, of whatever class.</param>
internal sealed record ClassResult(int Class, int Pictures, double Recalled, double Chosen)
{
    /// <summary>Share of its pictures that it was chosen for; NaN where it has none.</summary>
    public double Recall => Recalled / Pictures;

    /// <summary>One for each label, in the labels' order.</summary>
    public static IReadOnlyList<ClassResult> Of(ClassificationOutcome outcome)
    {
        var labels = outcome.Set.Labels.Count;
        var (pictures, recalled, chosen) = (new int[labels], new double[labels], new double[labels]);
        foreach (var picture in outcome.Pictures)
        {
            foreach (var right in picture.Right) pictures[right]++;
            foreach (var (label, share) in Best(picture.Scores, picture.Right.Length))
            {
                chosen[label] += share;
                if (picture.Right.Contains(label)) recalled[label] += share;
            }
        }

        return [.. Enumerable.Range(0, labels).Select(c => new ClassResult(c, pictures[c], recalled[c], chosen[c]))];
    }

    private static IEnumerable<(int Label, double Share)> Best(float[] scores, int count)
    {
        if (count == 0) yield break;
        var last = count == 1 ? scores.Max() : scores.OrderDescending().ElementAt(count - 1);
        var share = (count - scores.Count(score => score > last)) / (double)scores.Count(score => score == last);
        for (var i = 0; i < scores.Length; i++)
        {
            if (scores[i] >= last) yield return (i, scores[i] > last ? 1 : share);
        }
    }
}
