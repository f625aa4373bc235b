using Clip.Trainer.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Objectives;

/// <summary>
/// CLIP's symmetric cross-entropy over a batch's similarities (CLIP paper, figure 3; open_clip's ClipLoss): each image picks its
/// text among the batch's, each text its image.
/// </summary>
public static class ContrastiveLoss
{
    /// <summary>Computes the loss.</summary>
    /// <param name="imageFeatures">[B, D], of unit length.</param>
    /// <param name="textFeatures">[B, D], of unit length; row i belongs to image i.</param>
    /// <param name="logitScale">The inverse temperature, a scalar.</param>
    /// <param name="imageToText">
    /// The weight of images picking their texts; the rest is that of texts picking their images. Default half.
    /// </param>
    /// <returns>A scalar: the weighted mean of the mean cross-entropies over rows and over columns.</returns>
    public static Tensor Compute(Tensor imageFeatures, Tensor textFeatures, Tensor logitScale, double imageToText = 0.5)
    {
        ArgumentNullException.ThrowIfNull(imageFeatures);
        ArgumentNullException.ThrowIfNull(textFeatures);
        using var scope = NewDisposeScope();
        var logitsPerImage = logitScale * imageFeatures.matmul(textFeatures.t());
        var pairs = TensorOps.Range(imageFeatures.shape[0], imageFeatures.device);
        using Scalar image = imageToText, text = 1 - imageToText;
        var loss = nn.functional.cross_entropy(logitsPerImage, pairs).mul(image)
            .Plus(nn.functional.cross_entropy(logitsPerImage.t(), pairs).mul(text));
        return loss.MoveToOuterDisposeScope();
    }

    /// <summary>What some rows, and the columns of the same numbers, have of the loss.</summary>
    /// <param name="imageFeatures">[B, D], of unit length.</param>
    /// <param name="textFeatures">[B, D], of unit length; row i belongs to image i.</param>
    /// <param name="logitScale">The inverse temperature, a scalar.</param>
    /// <param name="first">The first row.</param>
    /// <param name="count">How many.</param>
    /// <param name="imageToText">As of <see cref="Compute"/>.</param>
    /// <returns>A scalar; over all rows they sum to the loss.</returns>
    internal static Tensor Share(
        Tensor imageFeatures, Tensor textFeatures, Tensor logitScale, long first, long count, double imageToText)
    {
        using var scope = NewDisposeScope();
        long all = imageFeatures.shape[0];
        var pairs = TensorOps.Range(all, imageFeatures.device).narrow(0, first, count);
        using Scalar image = imageToText / all, text = (1 - imageToText) / all;
        return Sum(imageFeatures, textFeatures).mul(image).Plus(Sum(textFeatures, imageFeatures).mul(text)).MoveToOuterDisposeScope();

        Tensor Sum(Tensor from, Tensor to) => nn.functional.cross_entropy(
            logitScale * from.narrow(0, first, count).matmul(to.t()), pairs, reduction: nn.Reduction.Sum);
    }
}
