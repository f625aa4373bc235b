using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>
/// The loss and the gradients of a large batch in the memory of a small one (Gao et al. 2021, "Scaling Deep Contrastive Learning Batch Size
/// under Memory Limited Setup"; open_clip's <c>--accum-freq</c>): every part is encoded without gradients, the loss of all features gives
/// the gradients of the features, and each part is encoded again to take its features' gradients on to the weights.
/// </summary>
/// <remarks>
/// Loss and gradients are those of the large batch. A batch norm, though, sees the parts: its statistics are a part's, in both runs alike,
/// and its running statistics move as by a step for each part, the first run undone.
/// open_clip adds up the logit scale's gradient once for each part; here it is counted once, as in a large batch.
/// </remarks>
internal static class GradientCache
{
    /// <summary>Adds a batch's gradients to those of the weights.</summary>
    /// <param name="objective">What is trained.</param>
    /// <param name="parts">The batch.</param>
    /// <param name="scaled">The loss as its gradients are taken of it; see <see cref="LossScaler"/>.</param>
    /// <returns>The loss itself, without a graph, in the dispose scope of the moment.</returns>
    public static Tensor Backward(
        IContrastiveObjective objective, IReadOnlyList<(Tensor Pixels, Tensor Ids)> parts, Func<Tensor, Tensor> scaled)
    {
        using var scope = NewDisposeScope();
        var (images, texts) = Features(objective, parts);
        var loss = objective.LossOf(images, texts);
        scaled(loss).backward();

        long start = 0;
        foreach (var ((pixels, ids), i) in parts.Select((part, i) => (part, i)))
        {
            using var part = NewDisposeScope();
            using var noise = StepNoise.Part(i);
            var (image, text) = objective.Encode(pixels, ids);
            var count = pixels.shape[0];
            var pulled = (image * images.grad!.narrow(0, start, count)).sum().Plus((text * texts.grad!.narrow(0, start, count)).sum());
            if (!pulled.requires_grad) break; // both towers are locked
            pulled.backward();
            start += count;
        }

        return loss.detach().MoveToOuterDisposeScope();
    }

    /// <summary>A batch's features without a graph, ready to be given gradients.</summary>
    public static (Tensor Images, Tensor Texts) Features(IContrastiveObjective objective, IReadOnlyList<(Tensor Pixels, Tensor Ids)> parts)
    {
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        var buffers = objective.Module.named_buffers().Select(b => (Value: b.buffer, Before: b.buffer.clone())).ToList();
        var features = parts.Select((p, i) =>
        {
            using var noise = StepNoise.Part(i);
            return objective.Encode(p.Pixels, p.Ids);
        }).ToList();
        foreach (var (value, before) in buffers) value.copy_(before);
        return (Leaf(features.Select(f => f.Image)), Leaf(features.Select(f => f.Text)));

        static Tensor Leaf(IEnumerable<Tensor> rows) => cat([.. rows], 0).requires_grad_(true).MoveToOuterDisposeScope();
    }
}
