using System.Runtime.InteropServices;
using Clip.Data.Distributed;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>
/// The loss and the gradients of a batch whose pairs lie on several ranks: those of one rank with all pairs. Features are gathered once a
/// step; each rank takes the gradients of its own pairs' features on to the weights, and the weights' gradients are summed.
/// </summary>
/// <param name="objective">What is lowered.</param>
/// <param name="options">How.</param>
/// <param name="ranks">The job's.</param>
/// <param name="exchange">Sums the weights' gradients.</param>
internal sealed class RankedBackward(IObjective objective, TrainingOptions options, Ranks ranks, GradientExchange exchange)
{
    /// <summary>Adds a batch's gradients to those of the weights.</summary>
    /// <param name="parts">This rank's pairs, as many parts as every rank has.</param>
    /// <returns>The loss, the same on every rank; where it is not finite, the gradients are of no use.</returns>
    public float Backward(IReadOnlyList<(Tensor Pixels, Tensor Ids)> parts)
    {
        var loss = objective is IContrastiveObjective contrastive ? Contrastive(contrastive, parts) : Mean(parts);
        if (float.IsFinite(loss)) exchange.Finish();
        return loss;
    }

    private float Contrastive(IContrastiveObjective contrastive, IReadOnlyList<(Tensor Pixels, Tensor Ids)> parts)
    {
        using var scope = NewDisposeScope();
        var graph = parts.Count == 1 ? Encode(contrastive, parts[0], 0, last: true) : default;
        var (image, text) = parts.Count == 1 ? graph : GradientCache.Features(contrastive, parts);
        var (images, texts, first) = Gather(image, text);
        var count = image.shape[0];
        if (Loss(contrastive, images, texts, first, count) is var value && !float.IsFinite(value)) return value;

        var (imageGradients, textGradients) = OwnGradients(images, texts, first, count);
        long start = 0;
        for (var i = 0; i < parts.Count; i++)
        {
            using var part = NewDisposeScope();
            (image, text) = parts.Count == 1 ? graph : Encode(contrastive, parts[i], i, last: i == parts.Count - 1);
            count = parts[i].Pixels.shape[0];
            var pulled = (image * imageGradients.narrow(0, start, count)).sum().Plus((text * textGradients.narrow(0, start, count)).sum());
            if (!pulled.requires_grad) break; // both towers are locked
            pulled.backward();
            start += count;
        }

        return value;
    }

    /// <summary>Encodes with a graph; of the last part, backward tells of finished blocks.</summary>
    private (Tensor Image, Tensor Text) Encode(IContrastiveObjective contrastive, (Tensor Pixels, Tensor Ids) part, int number, bool last)
    {
        using var noise = StepNoise.Part(number);
        using var marks = BackwardMarks.Use(last ? exchange.Passed : null);
        return contrastive.Encode(part.Pixels, part.Ids);
    }

    /// <summary>The features of all ranks, ready to be given gradients, and where this rank's begin.</summary>
    private (Tensor Images, Tensor Texts, long First) Gather(Tensor image, Tensor text)
    {
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        var own = cat([image.detach(), text.detach()], 1).@float().cpu().contiguous();
        long width = own.shape[1];
        var counts = ranks.Gather((double)own.shape[0]).Select(c => (int)c[0]).ToArray();
        var bytes = ranks.Gather(own.bytes, [.. counts.Select(c => checked((int)(c * width * sizeof(float))))]);
        var all = tensor(MemoryMarshal.Cast<byte, float>(bytes).ToArray(), [counts.Sum(), width]).to(image.device);
        return (Leaf(0), Leaf(width / 2), counts.Take(ranks.Rank).Sum());

        Tensor Leaf(long start) => all.narrow(1, start, width / 2).clone().requires_grad_(true).MoveToOuterDisposeScope();
    }

    /// <summary>Computes the loss and its gradients; the sum over ranks of what the temperature is given is its gradient.</summary>
    private float Loss(IContrastiveObjective contrastive, Tensor images, Tensor texts, long first, long count)
    {
        using var scope = NewDisposeScope();
        if (options.LocalLoss)
        {
            var share = contrastive.ShareOfLoss(images, texts, first, count);
            double[] sum = [share.item<float>()];
            ranks.Sum(sum);
            if (double.IsFinite(sum[0])) share.backward();
            return (float)sum[0];
        }

        // Every rank computes all of it, so each gives its part of the temperature's gradient.
        var loss = contrastive.LossOf(images, texts);
        var value = loss.item<float>();
        using Scalar part = 1.0 / ranks.Size;
        if (float.IsFinite(value)) loss.mul(part).backward();
        return value;
    }

    /// <summary>The gradients of this rank's features, of the whole loss.</summary>
    private (Tensor Images, Tensor Texts) OwnGradients(Tensor images, Tensor texts, long first, long count)
    {
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        if (options.LocalLoss)
        {
            var sum = RankSum.Sum(cat([images.grad!, texts.grad!], 1), ranks);
            var width = images.shape[1];
            return (Rows(sum.narrow(1, 0, width)), Rows(sum.narrow(1, width, width)));
        }

        using Scalar whole = (double)ranks.Size;
        return (Rows(images.grad!.mul(whole)), Rows(texts.grad!.mul(whole)));

        Tensor Rows(Tensor gradients) => gradients.narrow(0, first, count).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>A loss that is a mean over pairs or tokens: part by part, each weighted by its share of what all ranks have.</summary>
    private float Mean(IReadOnlyList<(Tensor Pixels, Tensor Ids)> parts)
    {
        double[] own = [.. parts.Select(p => Weight(p.Ids))];
        double[] all = [own.Sum()];
        ranks.Sum(all);
        double[] mean = [0];
        for (var i = 0; i < parts.Count; i++)
        {
            using var scope = NewDisposeScope();
            using var marks = BackwardMarks.Use(i == parts.Count - 1 ? exchange.Passed : null);
            using var noise = StepNoise.Part(i);
            using Scalar share = own[i] / all[0];
            var loss = objective.Loss(parts[i].Pixels, parts[i].Ids).mul(share);
            mean[0] += loss.item<float>();
            loss.backward(); // even where it is not finite, for all ranks go the same way
        }

        ranks.Sum(mean);
        return (float)mean[0];

        double Weight(Tensor ids)
        {
            using var scope = NewDisposeScope();
            return HostRead.Number(objective.Weight(ids));
        }
    }
}
