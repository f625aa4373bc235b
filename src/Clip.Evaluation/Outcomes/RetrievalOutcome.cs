namespace Clip.Evaluation.Outcomes;

/// <summary>The embeddings of pictures and captions that are to find each other; all metrics and reports are made of it.</summary>
/// <param name="Set">The set.</param>
/// <param name="Images">Those pictures that could be read, in the set's order.</param>
/// <param name="ImageFeatures">Their embeddings, [images][D], of length 1.</param>
/// <param name="Captions">The captions of these pictures, one picture's behind the other's.</param>
/// <param name="CaptionFeatures">Their embeddings, [captions][D], of length 1.</param>
/// <param name="ImageOfCaption">For each caption the place of its picture in <paramref name="Images"/>.</param>
internal sealed record RetrievalOutcome(
    RetrievalSet Set, IReadOnlyList<CaptionedPicture> Images, float[][] ImageFeatures, IReadOnlyList<string> Captions,
    float[][] CaptionFeatures, int[] ImageOfCaption)
{
    /// <summary>Pictures that could not be read, and why.</summary>
    public IReadOnlyDictionary<string, string> Broken { get; init; } = new Dictionary<string, string>();
}
