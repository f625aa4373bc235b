using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Evaluation;

/// <summary>How well images and texts of a validation set find each other, as open_clip reports it.</summary>
/// <param name="ImageToText">Share of images whose own text is among the 1, 5 and 10 most similar of all.</param>
/// <param name="TextToImage">Share of texts whose own image is among the 1, 5 and 10 most similar of all.</param>
public sealed record RetrievalMetrics(IReadOnlyList<double> ImageToText, IReadOnlyList<double> TextToImage)
{
    /// <summary>The k of recall@k.</summary>
    public static IReadOnlyList<int> Ks { get; } = [1, 5, 10];

    /// <summary>Ranks every text for each image and every image for each text.</summary>
    /// <param name="images">[N, D], of unit length.</param>
    /// <param name="texts">[N, D], of unit length; row i belongs to image i.</param>
    public static RetrievalMetrics Compute(Tensor images, Tensor texts)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(texts);
        using var scope = NewDisposeScope();
        var similarities = images.matmul(texts.t());
        return new RetrievalMetrics(Recall(similarities), Recall(similarities.t()));
    }

    private static double[] Recall(Tensor similarities)
    {
        // The rank of the right one is how many others are strictly more similar.
        var own = similarities.diagonal().unsqueeze(1);
        var rank = similarities.gt(own).sum(1);
        return [.. Ks.Select(k =>
        {
            using Scalar first = k;
            return rank.lt(first).to_type(ScalarType.Float64).mean().item<double>();
        })];
    }
}
