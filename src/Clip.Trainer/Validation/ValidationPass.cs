using Clip.Data;
using Clip.Evaluation;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using static TorchSharp.torch;

namespace Clip.Trainer.Validation;

/// <summary>One pass over validation pairs, without gradients.</summary>
internal static class ValidationPass
{
    /// <summary>Measures an objective whose module is in evaluation mode.</summary>
    /// <param name="objective">What is measured.</param>
    /// <param name="batches">The validation pairs.</param>
    /// <param name="tensors">Pixels [B, 3, S, S] and ids [B, L] of a batch, on the module's device.</param>
    /// <exception cref="ClipException">No image of any batch could be read, or the loss is NaN or infinite.</exception>
    public static ValidationMetrics Run(
        IObjective objective, IEnumerable<PairBatch> batches, Func<PairBatch, (Tensor Pixels, Tensor Ids)> tensors)
    {
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        List<Tensor> images = [], texts = [];
        double loss = 0;
        double weights = 0;
        foreach (var batch in batches.Where(b => b.Count > 0))
        {
            var (pixels, ids) = tensors(batch);
            var weight = HostRead.Number(objective.Weight(ids));
            if (objective is IContrastiveObjective contrastive)
            {
                var (image, text) = contrastive.Encode(pixels, ids);
                images.Add(image);
                texts.Add(text);
                loss += contrastive.LossOf(image, text).item<float>() * weight;
            }
            else
            {
                loss += objective.Loss(pixels, ids).item<float>() * weight;
            }

            weights += weight;
        }

        if (weights == 0) throw new ClipException("None of the validation images could be read; check the validation data.");
        Placing.RequireFinite([(float)(loss / weights)]);
        return new ValidationMetrics(loss / weights, images.Count == 0 ? null : RetrievalMetrics.Compute(Rows(images), Rows(texts)), []);
    }

    private static float[][] Rows(List<Tensor> features)
    {
        var all = cat(features).@float().cpu();
        var values = all.data<float>().ToArray();
        return [.. values.Chunk((int)all.shape[1])];
    }
}
