using static TorchSharp.torch;

namespace Clip.Trainer.Objectives;

/// <summary>
/// ConVIRT's loss (Zhang et al. 2020, equations 2 to 4): the two cross-entropies of <see cref="ContrastiveLoss"/>, weighted.
/// </summary>
public static class ConVirtLoss
{
    /// <summary>The paper's weight λ of the direction from image to text.</summary>
    public const double ImageToText = 0.75;

    /// <summary>The paper's temperature τ, which is not learned.</summary>
    public const double Temperature = 0.1;

    /// <summary>Computes the loss.</summary>
    /// <param name="imageFeatures">[B, D], of unit length.</param>
    /// <param name="textFeatures">[B, D], of unit length; row i belongs to image i.</param>
    /// <param name="logitScale">The inverse temperature 1/τ, a scalar.</param>
    /// <returns>A scalar: λ times the mean of images picking their texts and 1 − λ times that of texts picking their images.</returns>
    public static Tensor Compute(Tensor imageFeatures, Tensor textFeatures, Tensor logitScale) =>
        ContrastiveLoss.Compute(imageFeatures, textFeatures, logitScale, ImageToText);
}
