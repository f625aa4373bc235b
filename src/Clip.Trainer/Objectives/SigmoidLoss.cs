using Clip.Trainer.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Objectives;

/// <summary>
/// SigLIP's loss (Zhai et al. 2023, algorithm 1; open_clip's SigLipLoss): each pair of an image and a text is a question of its own,
/// whether they belong together, so that no normalization over the batch is needed.
/// </summary>
public static class SigmoidLoss
{
    /// <summary>Computes the loss.</summary>
    /// <param name="imageFeatures">[B, D], of unit length.</param>
    /// <param name="textFeatures">[B, D], of unit length; row i belongs to image i.</param>
    /// <param name="logitScale">The inverse temperature, a scalar.</param>
    /// <param name="logitBias">Added to every logit, a scalar.</param>
    /// <returns>A scalar: −Σ log σ(±logit) / B over all B² pairs, + where they belong together.</returns>
    public static Tensor Compute(Tensor imageFeatures, Tensor textFeatures, Tensor logitScale, Tensor logitBias)
    {
        ArgumentNullException.ThrowIfNull(imageFeatures);
        ArgumentNullException.ThrowIfNull(textFeatures);
        using var scope = NewDisposeScope();
        var logits = (logitScale * imageFeatures.matmul(textFeatures.t())).Plus(logitBias);
        long batch = imageFeatures.shape[0];
        using Scalar two = 2, one = 1, size = -(double)batch;
        var signs = eye(batch, device: logits.device).mul(two).sub(one);
        return nn.functional.logsigmoid(signs * logits).sum().div(size).MoveToOuterDisposeScope();
    }

    /// <summary>What some images, each with all texts, have of the loss.</summary>
    /// <param name="imageFeatures">[B, D], of unit length.</param>
    /// <param name="textFeatures">[B, D], of unit length; row i belongs to image i.</param>
    /// <param name="logitScale">The inverse temperature, a scalar.</param>
    /// <param name="logitBias">Added to every logit, a scalar.</param>
    /// <param name="first">The first image.</param>
    /// <param name="count">How many.</param>
    /// <returns>A scalar; over all images they sum to the loss.</returns>
    internal static Tensor Share(
        Tensor imageFeatures, Tensor textFeatures, Tensor logitScale, Tensor logitBias, long first, long count)
    {
        using var scope = NewDisposeScope();
        var logits = (logitScale * imageFeatures.narrow(0, first, count).matmul(textFeatures.t())).Plus(logitBias);
        long batch = imageFeatures.shape[0];
        using Scalar two = 2, one = 1, size = -(double)batch;
        var signs = eye(batch, device: logits.device).narrow(0, first, count).mul(two).sub(one);
        return nn.functional.logsigmoid(signs * logits).sum().div(size).MoveToOuterDisposeScope();
    }
}
