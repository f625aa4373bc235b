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
        return Smoothed(imageFeatures, textFeatures, logitScale, imageToText, smoothing: 0);
    }

    /// <summary>The loss whose right answers are <paramref name="smoothing"/> less than certain; see <see cref="CrossEntropy"/>.</summary>
    internal static Tensor Smoothed(
        Tensor imageFeatures, Tensor textFeatures, Tensor logitScale, double imageToText, double smoothing)
    {
        using var scope = NewDisposeScope();
        var logitsPerImage = logitScale * imageFeatures.matmul(textFeatures.t());
        var pairs = TensorOps.Range(imageFeatures.shape[0], imageFeatures.device);
        using Scalar image = imageToText, text = 1 - imageToText;
        var loss = CrossEntropy(logitsPerImage, pairs, smoothing, nn.Reduction.Mean).mul(image)
            .Plus(CrossEntropy(logitsPerImage.t(), pairs, smoothing, nn.Reduction.Mean).mul(text));
        return loss.MoveToOuterDisposeScope();
    }

    /// <summary>What some rows, and the columns of the same numbers, have of the loss.</summary>
    /// <param name="imageFeatures">[B, D], of unit length.</param>
    /// <param name="textFeatures">[B, D], of unit length; row i belongs to image i.</param>
    /// <param name="logitScale">The inverse temperature, a scalar.</param>
    /// <param name="first">The first row.</param>
    /// <param name="count">How many.</param>
    /// <param name="imageToText">As of <see cref="Compute"/>.</param>
    /// <param name="smoothing">As of <see cref="Smoothed"/>.</param>
    /// <returns>A scalar; over all rows they sum to the loss.</returns>
    internal static Tensor Share(
        Tensor imageFeatures, Tensor textFeatures, Tensor logitScale, long first, long count, double imageToText,
        double smoothing = 0)
    {
        using var scope = NewDisposeScope();
        long all = imageFeatures.shape[0];
        var pairs = TensorOps.Range(all, imageFeatures.device).narrow(0, first, count);
        using Scalar image = imageToText / all, text = (1 - imageToText) / all;
        return Sum(imageFeatures, textFeatures).mul(image).Plus(Sum(textFeatures, imageFeatures).mul(text)).MoveToOuterDisposeScope();

        Tensor Sum(Tensor from, Tensor to) =>
            CrossEntropy(logitScale * from.narrow(0, first, count).matmul(to.t()), pairs, smoothing, nn.Reduction.Sum);
    }

    /// <summary>
    /// PyTorch's cross_entropy with label_smoothing (Szegedy et al. 2016, section 7): the target is 1 − ε at the right class and ε / B more
    /// at each of the B. TorchSharp's function has no such argument.
    /// </summary>
    private static Tensor CrossEntropy(Tensor logits, Tensor classes, double smoothing, nn.Reduction reduction)
    {
        var hard = nn.functional.cross_entropy(logits, classes, reduction: reduction);
        if (smoothing == 0) return hard;
        var even = nn.functional.log_softmax(logits, dim: 1).mean([1]).neg();
        using Scalar keep = 1 - smoothing, spread = smoothing;
        return hard.mul(keep).Plus((reduction == nn.Reduction.Sum ? even.sum() : even.mean()).mul(spread));
    }
}
