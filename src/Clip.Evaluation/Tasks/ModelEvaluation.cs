using System.Numerics.Tensors;
using Clip.Data;
using Clip.Evaluation.Embedding;
using Clip.Evaluation.Outcomes;

namespace Clip.Evaluation.Tasks;

/// <summary>What a model makes of data sets: the tasks of CLIP_benchmark.</summary>
/// <param name="embedder">Embeds pictures and texts, each once.</param>
/// <param name="maxBadPercent">The most pictures of a set that may be unreadable, in percent; they are left out.</param>
internal sealed class ModelEvaluation(Embedder embedder, double maxBadPercent = ReadingOptions.DefaultMaxBadPercent)
{
    /// <summary>Compares every picture with every label, by cosine similarity.</summary>
    /// <exception cref="ClipException">Too many pictures cannot be read, or an embedding is not finite.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public ClassificationOutcome ZeroShot(LabeledSet set, CancellationToken cancellation = default)
    {
        var (labels, prompts) = embedder.Labels(set, cancellation);
        var bad = new BadRecords(set.Images.Count, maxBadPercent, report: null);
        var features = embedder.Images(set.Name, set.Images, bad, cancellation);
        var scores = new float[]?[features.Length];
        Parallel.For(0, scores.Length, i =>
        {
            if (features[i] is { } image) scores[i] = Array.ConvertAll(labels, label => TensorPrimitives.Dot<float>(image, label));
        });
        return ClassificationOutcome.Of(set, scores, features) with
        {
            Prompts = prompts,
            LabelFeatures = labels,
            Scoring = embedder.Model.RequireScoring(),
            Broken = bad.Reasons,
        };
    }

    /// <summary>Embeds pictures and captions that are to find each other.</summary>
    /// <inheritdoc cref="ZeroShot"/>
    public RetrievalOutcome Retrieval(RetrievalSet set, CancellationToken cancellation = default)
    {
        var bad = new BadRecords(set.Images.Count, maxBadPercent, report: null);
        var features = embedder.Images(set.Name, set.Images, bad, cancellation);
        int[] readable = [.. Enumerable.Range(0, features.Length).Where(i => features[i] is not null)];
        if (readable.Length == 0) throw new ClipException($"None of the pictures of {set.Name} could be read; check its paths.");
        CaptionedPicture[] images = [.. readable.Select(i => set.Images[i])];
        string[] captions = [.. images.SelectMany(image => image.Captions)];
        return new RetrievalOutcome(
            set, images, [.. readable.Select(i => features[i]!)], captions,
            embedder.Texts($"captions of {set.Name}", captions, cancellation),
            [.. images.SelectMany((image, i) => image.Captions.Select(_ => i))])
        {
            Broken = bad.Reasons,
        };
    }

    /// <summary>Classifies pictures by a logistic regression that is fitted on others (CLIP paper, section 3.2).</summary>
    /// <param name="train">Pictures to fit it on.</param>
    /// <param name="set">What it is tested on.</param>
    /// <param name="seed">Decides what is drawn.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <inheritdoc cref="ZeroShot"/>
    public LinearProbe LinearProbe(
        IReadOnlyList<LabeledImage> train, LabeledSet set, long seed = 0, CancellationToken cancellation = default)
    {
        var (pictures, features, bad) = Probed(train, set, cancellation);
        var probe = Tasks.LinearProbe.Measure(pictures, set, features, seed, cancellation);
        return probe with { Outcome = probe.Outcome with { Broken = bad } };
    }

    /// <summary>The same with so many training pictures of each class, drawn several times.</summary>
    /// <param name="train">Pictures to draw from.</param>
    /// <param name="set">What it is tested on.</param>
    /// <param name="shots">Pictures of each class.</param>
    /// <param name="draws">How often they are drawn.</param>
    /// <param name="seed">Decides what is drawn.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>A probe for each draw.</returns>
    /// <inheritdoc cref="ZeroShot"/>
    public IReadOnlyList<LinearProbe> FewShot(
        IReadOnlyList<LabeledImage> train, LabeledSet set, int shots, int draws, long seed, CancellationToken cancellation = default)
    {
        var (pictures, features, bad) = Probed(train, set, cancellation);
        return
        [
            .. Enumerable.Range(0, draws)
                .Select(draw => Tasks.LinearProbe.FewShot(pictures, set, features, shots, seed, draw, cancellation))
                .Select(probe => probe with { Outcome = probe.Outcome with { Broken = bad } }),
        ];
    }

    private (ProbePicture[] Train, float[]?[] Test, IReadOnlyDictionary<string, string> Bad) Probed(
        IReadOnlyList<LabeledImage> train, LabeledSet set, CancellationToken cancellation)
    {
        if (set.IsMultiLabel)
            throw new ClipException($"Pictures of {set.Name} have any number of labels, and a linear probe takes one each; leave it out.");
        var bad = new BadRecords(train.Count + set.Images.Count, maxBadPercent, report: null);
        var trainFeatures = embedder.Images($"training pictures of {set.Name}", train, bad, cancellation);
        var testFeatures = embedder.Images(set.Name, set.Images, bad, cancellation);
        return (
            [
                .. train.Zip(trainFeatures).Where(pair => pair.Second is not null)
                    .Select(pair => new ProbePicture(pair.First.Class, pair.Second!)),
            ],
            testFeatures, bad.Reasons);
    }
}
