using Clip.Conversion.Initialization;
using Clip.Evaluation.Outcomes;
using Microsoft.ML.Clip.Inference;

namespace Clip.Evaluation.Tasks;

/// <summary>A logistic regression on embeddings (CLIP paper, section 3.2).</summary>
/// <param name="Outcome">
/// What it made of the test pictures; a label that it was not fitted on comes behind all others. Its labels are the set's and those that
/// only training pictures have.
/// </param>
/// <param name="L2Weight">The weight that was chosen; see <see cref="ProbeSearch"/>.</param>
/// <param name="TrainImages">Pictures it was fitted on.</param>
internal sealed record LinearProbe(ClassificationOutcome Outcome, double L2Weight, int TrainImages)
{
    /// <summary>Pictures of each class that it was fitted on; null where on all there are.</summary>
    public int? Shots { get; init; }

    /// <summary>Fits a probe on all pictures, its weight chosen on a fifth of them, and tests it.</summary>
    /// <param name="train">What it is fitted on.</param>
    /// <param name="set">What it is tested on.</param>
    /// <param name="features">For each picture of the set its embedding; null for one that could not be read.</param>
    /// <param name="seed">Decides which fifth.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ClipException">There are too few pictures, or only one class.</exception>
    public static LinearProbe Measure(
        IReadOnlyList<ProbePicture> train, LabeledSet set, IReadOnlyList<float[]?> features, long seed = 0,
        CancellationToken cancellation = default)
    {
        var (fit, validation) = ProbeSearch.Split(train, seed);
        var l2 = ProbeSearch.Best(fit, validation, cancellation);
        return Test(LogisticRegression.Fit(train, l2), l2, train, set, features, fittedOn: train.Count);
    }

    /// <summary>Fits a probe on some pictures of each class, its weight chosen on the others, and tests it.</summary>
    /// <inheritdoc cref="Measure"/>
    /// <param name="train">What pictures are drawn from.</param>
    /// <param name="set">What it is tested on.</param>
    /// <param name="features">For each picture of the set its embedding; null for one that could not be read.</param>
    /// <param name="shots">How many pictures of each class.</param>
    /// <param name="seed">Decides which.</param>
    /// <param name="draw">Which draw it is, from 0.</param>
    /// <param name="cancellation">Stops it.</param>
    public static LinearProbe FewShot(
        IReadOnlyList<ProbePicture> train, LabeledSet set, IReadOnlyList<float[]?> features, int shots, long seed, int draw,
        CancellationToken cancellation = default)
    {
        var (drawn, others) = (new List<ProbePicture>(), new List<ProbePicture>());
        foreach (var (number, group) in train.GroupBy(picture => picture.Class).Select((group, i) => (i, group.ToArray())))
        {
            if (group.Length <= shots)
                throw new ClipException(
                    $"The class '{group[0].Class}' of {set.Name} has {group.Length} training pictures; {shots} shots take as many, and at "
                    + "least one more to choose the probe's weight on: give more pictures, or ask for fewer shots.");
            new SampleRandom(seed, draw, shots, number).Shuffle<ProbePicture>(group);
            drawn.AddRange(group[..shots]);
            others.AddRange(group[shots..]);
        }

        var l2 = ProbeSearch.Best(drawn, others, cancellation);
        return Test(LogisticRegression.Fit(drawn, l2), l2, train, set, features, fittedOn: drawn.Count) with { Shots = shots };
    }

    private static LinearProbe Test(
        LogisticRegression probe, double l2, IReadOnlyList<ProbePicture> train, LabeledSet set, IReadOnlyList<float[]?> features,
        int fittedOn)
    {
        string[] labels = [.. set.Labels, .. train.Select(picture => picture.Class).Distinct().Except(set.Labels)];
        var places = probe.Classes.Select((name, i) => (name, i)).ToDictionary(c => c.name, c => c.i);
        int[] slots = [.. labels.Select(label => places.GetValueOrDefault(label, -1))];
        var scores = features.Select(row =>
        {
            if (row is null) return null;
            var logits = probe.Scores(row);
            // e to the -100 is nothing beside the others, and finite.
            var none = logits.Min() - 100;
            return Array.ConvertAll(slots, slot => slot < 0 ? none : logits[slot]);
        }).ToArray();
        var outcome = ClassificationOutcome.Of(set with { Labels = labels }, scores, features) with
        {
            Scoring = new ClipScoring(1, null),
        };
        return new LinearProbe(outcome, l2, fittedOn);
    }
}
