using Clip.Evaluation.Metrics;
using Clip.Evaluation.Outcomes;

namespace Clip.Evaluation.Report;

/// <summary>What was measured, as a report takes it.</summary>
internal static class ReportedOutcomes
{
    /// <summary>What models made of one set. Pictures that any of them could not read are left out.</summary>
    /// <param name="results">For each model its number, what it made of the set, and what was measured on that.</param>
    public static ReportedSet Set(IReadOnlyList<(int Model, ClassificationOutcome Outcome, IReadOnlyList<ReportedMetric> Metrics)> results)
    {
        var first = results[0].Outcome;
        var set = first.Set;
        var common = results.Select(r => r.Outcome.Pictures.Select(picture => picture.Image))
            .Aggregate((all, own) => all.Intersect(own)).ToHashSet();
        var pictures = first.Pictures.Where(picture => common.Contains(picture.Image)).ToArray();
        return new ReportedSet(
            set.Name, DataFingerprint.Of(first with { Pictures = pictures }), set.Labels,
            [.. set.Labels.Select((label, i) => first.Prompts.Count > 0 ? first.Prompts[i][0] : label)],
            Named([.. pictures.Select(picture => picture.Image)]), [.. pictures.Select(picture => picture.Right)],
            [.. results.Select(r => Run(r.Model, r.Outcome, r.Metrics, common))]);
    }

    /// <summary>How one model finds pictures and captions by each other.</summary>
    public static ReportedRetrieval Retrieval(int model, RetrievalOutcome outcome, IReadOnlyList<ReportedMetric> metrics) => new(
        outcome.Set.Name, DataFingerprint.Of(outcome), model, Named(outcome.Images), outcome.Captions, outcome.ImageOfCaption,
        outcome.ImageFeatures, outcome.CaptionFeatures, metrics);

    /// <summary>For each label the recall of a linear probe; NaN where a label has no picture.</summary>
    public static IReadOnlyList<double> Recalls(ClassificationOutcome probe) => [.. ClassResult.Of(probe).Select(of => of.Recall)];

    private static ReportedRun Run(
        int model, ClassificationOutcome outcome, IReadOnlyList<ReportedMetric> metrics, HashSet<LabeledImage> common)
    {
        var pictures = outcome.Pictures.Where(picture => common.Contains(picture.Image)).ToArray();
        var shared = outcome with { Pictures = pictures };
        return new ReportedRun(
            model, [.. pictures.Select(p => PictureOutcome.Of(p.Scores, outcome.Probabilities(p), p.Right))], metrics)
        {
            Classes = ClassResult.Of(shared),
            Confusions = ConfusionPair.Of(shared),
            Calibration = outcome.Set.IsMultiLabel || pictures.Length == 0 ? null : Calibration.Of(shared),
            Embeddings = pictures.All(p => p.Features is not null) ? [.. pictures.Select(p => p.Features!)] : null,
        };
    }

    /// <summary>Pictures by their paths below the folder that all lie in.</summary>
    public static IReadOnlyList<ReportedPicture> Named(IReadOnlyList<StoredImage> images)
    {
        var shared = StoredImage.SharedFolder(images);
        return [.. images.Select(image => new ReportedPicture(image.ImagePath[shared..], image.Read))];
    }
}
