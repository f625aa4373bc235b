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
    /// <returns>A scalar: the mean of the cross-entropies over rows and over columns.</returns>
    public static Tensor Compute(Tensor imageFeatures, Tensor textFeatures, Tensor logitScale)
    {
        ArgumentNullException.ThrowIfNull(imageFeatures);
        ArgumentNullException.ThrowIfNull(textFeatures);
        using var scope = NewDisposeScope();
        var logitsPerImage = logitScale * imageFeatures.matmul(textFeatures.t());
        var pairs = Held.Range(imageFeatures.shape[0], imageFeatures.device);
        using Scalar two = 2;
        var loss = nn.functional.cross_entropy(logitsPerImage, pairs).Plus(nn.functional.cross_entropy(logitsPerImage.t(), pairs)).div(two);
        return loss.MoveToOuterDisposeScope();
    }
}
