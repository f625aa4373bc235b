using System.Numerics.Tensors;

namespace Clip.Evaluation.Tasks;

/// <summary>
/// The search for a probe's L2 weight (CLIP paper, section A.3): eight values a decade from 1e-6 to 1e6, first every other decade, then
/// around the best so far at half the distance, four times. The best is the most accurate on pictures that it was not fitted on, and of
/// equally accurate ones that with the lowest cross-entropy there.
/// </summary>
internal static class ProbeSearch
{
    private const int PerDecade = 8, Coarse = 2 * PerDecade, Last = 12 * PerDecade;

    /// <summary>The weight that does best.</summary>
    /// <param name="fit">What probes are fitted on.</param>
    /// <param name="validation">What they are tried on.</param>
    /// <param name="cancellation">Stops it.</param>
    public static double Best(
        IReadOnlyList<ProbePicture> fit, IReadOnlyList<ProbePicture> validation, CancellationToken cancellation)
    {
        var tried = new Dictionary<int, (double Accuracy, double Loss)>();
        for (var place = 0; place <= Last; place += Coarse) Try(place);
        for (var span = PerDecade; span > 0; span /= 2)
        {
            var best = BestPlace();
            Try(Math.Max(0, best - span));
            Try(Math.Min(Last, best + span));
        }

        return Weight(BestPlace());

        void Try(int place)
        {
            if (tried.ContainsKey(place)) return;
            cancellation.ThrowIfCancellationRequested();
            tried[place] = Judge(LogisticRegression.Fit(fit, Weight(place)), validation);
        }

        int BestPlace() => tried.OrderByDescending(t => t.Value.Accuracy).ThenBy(t => t.Value.Loss).ThenBy(t => t.Key).First().Key;
    }

    /// <summary>A part of the pictures to fit on, and every fifth, in a random order by class, to choose the weight on.</summary>
    /// <exception cref="ClipException">There are too few.</exception>
    public static (ProbePicture[] Fit, ProbePicture[] Validation) Split(IReadOnlyList<ProbePicture> pictures, long seed)
    {
        ProbePicture[] shuffled = [.. pictures];
        new Conversion.Initialization.SampleRandom(seed, 1).Shuffle<ProbePicture>(shuffled);
        ProbePicture[] ordered = [.. shuffled.OrderBy(picture => picture.Class, StringComparer.Ordinal)];
        var (fit, validation) = (ordered.Where((_, i) => i % 5 != 4).ToArray(), ordered.Where((_, i) => i % 5 == 4).ToArray());
        return validation.Length > 0
            ? (fit, validation)
            : throw new ClipException(
                $"A linear probe of {pictures.Count} pictures has none left to choose its weight on, which takes a fifth of them; "
                + "give more.");
    }

    private static double Weight(int place) => Math.Pow(10, -6 + (double)place / PerDecade);

    private static (double Accuracy, double Loss) Judge(LogisticRegression probe, IReadOnlyList<ProbePicture> pictures)
    {
        var places = probe.Classes.Select((name, i) => (name, i)).ToDictionary(c => c.name, c => c.i);
        var (hits, loss) = (0.0, 0.0);
        foreach (var picture in pictures)
        {
            // A class that was never fitted on is no hit, and the same loss with every weight.
            if (!places.TryGetValue(picture.Class, out var right)) continue;
            var scores = probe.Scores(picture.Features);
            hits += Placing.Of(scores, right).Hit(1);
            TensorPrimitives.Subtract(scores, scores.Max(), scores);
            loss += Math.Log(scores.Sum(s => Math.Exp(s))) - scores[right];
        }

        return (hits / pictures.Count, loss);
    }
}
