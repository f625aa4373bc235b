using Clip.Evaluation.Outcomes;

namespace Clip.Evaluation.Metrics;

/// <summary>The metrics of retrieval, by CLIP_benchmark's names.</summary>
internal static class RetrievalRecalls
{
    /// <summary>
    /// <c>image_retrieval_recall@k</c>, the share of captions whose picture is among the k most similar of all, and
    /// <c>text_retrieval_recall@k</c>, the share of pictures that have a caption of their own among them, for k of 1, 5 and 10.
    /// </summary>
    /// <exception cref="ClipException">An embedding is not finite.</exception>
    public static IReadOnlyList<Metric> Of(RetrievalOutcome outcome, Bootstrap bootstrap)
    {
        var (images, captions) = RetrievalMetrics.Place(outcome.ImageFeatures, outcome.CaptionFeatures, outcome.ImageOfCaption);
        return [.. Recalls("text_retrieval_recall", images), .. Recalls("image_retrieval_recall", captions)];

        IEnumerable<Metric> Recalls(string name, Placing[] placings) => RetrievalMetrics.Ks.Select(k =>
            Metric.Of($"{name}@{k}", new MeanStatistic([.. placings.Select(placing => placing.Hit(k))]), bootstrap));
    }
}
