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
}
