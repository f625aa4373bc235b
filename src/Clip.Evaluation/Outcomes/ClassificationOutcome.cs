using Microsoft.ML.Clip.Inference;

namespace Clip.Evaluation.Outcomes;

/// <summary>What a model made of one picture of a labeled set.</summary>
/// <param name="Image">The picture: its path, and how its bytes are read.</param>
/// <param name="Right">The right labels, by their place among the set's: one, or in a multi-label set any number.</param>
/// <param name="Scores">
/// A score for each label, [labels]; the higher, the more the model is for it. Cosine similarities where labels were compared with the
/// picture; <see cref="ClassificationOutcome.Probabilities"/> has them as chances.
/// </param>
/// <param name="Features">The picture's embedding, [D], of length 1; null where the model has none.</param>
internal sealed record ClassifiedPicture(LabeledImage Image, int[] Right, float[] Scores, float[]? Features)
{
    /// <summary>Where the best of the right labels stands among all.</summary>
    /// <exception cref="ClipException">A score is not a finite number.</exception>
    public Placing Placing => Placing.Of(Scores, Right);
}

/// <summary>What a model made of a labeled set, picture by picture; all metrics and reports are made of it.</summary>
/// <param name="Set">The set. Its <see cref="LabeledSet.Labels"/> are the scores' places.</param>
/// <param name="Pictures">Those that could be read, in the set's order.</param>
internal sealed record ClassificationOutcome(LabeledSet Set, IReadOnlyList<ClassifiedPicture> Pictures)
{
    /// <summary>For each label the prompts that stood for it; empty where none did, as for a linear probe.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Prompts { get; init; } = [];

    /// <summary>For each label its embedding, [D], of length 1; empty where it has none.</summary>
    public IReadOnlyList<float[]> LabelFeatures { get; init; } = [];

    /// <summary>Pictures that could not be read, and why.</summary>
    public IReadOnlyDictionary<string, string> Broken { get; init; } = new Dictionary<string, string>();

    /// <summary>How scores become probabilities; null where they are.</summary>
    public ClipScoring? Scoring { get; init; }

    /// <summary>A picture's scores as probabilities, [labels]: a softmax over the labels, or SigLIP's sigmoid of each by itself.</summary>
    public float[] Probabilities(ClassifiedPicture picture)
    {
        float[] probabilities = [.. picture.Scores];
        Scoring?.Apply(probabilities);
        return probabilities;
    }

    /// <summary>Puts scores beside the pictures that they are of.</summary>
    /// <param name="set">The set.</param>
    /// <param name="scores">For each picture its scores, [labels]; null for one that could not be read.</param>
    /// <param name="features">For each picture its embedding, or null for none at all.</param>
    /// <exception cref="ClipException">There is no picture, or a score is not finite.</exception>
    public static ClassificationOutcome Of(LabeledSet set, IReadOnlyList<float[]?> scores, IReadOnlyList<float[]?>? features = null)
    {
        var index = set.Labels.Select((label, i) => (label, i)).ToDictionary(l => l.label, l => l.i);
        var pictures = new List<ClassifiedPicture>();
        for (var i = 0; i < scores.Count; i++)
        {
            if (scores[i] is not { } row) continue;
            Placing.RequireFinite(row);
            pictures.Add(new ClassifiedPicture(set.Images[i], [.. set.Images[i].Classes.Select(c => index[c])], row, features?[i]));
        }

        return pictures.Count > 0
            ? new ClassificationOutcome(set, pictures)
            : throw new ClipException($"None of the pictures of {set.Name} could be read; check its paths.");
    }
}
