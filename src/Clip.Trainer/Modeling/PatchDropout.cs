using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// Leaves out a share of each picture's patches in training (FLIP, arXiv:2212.00794, section 3; open_clip's PatchDropout).
/// </summary>
internal static class PatchDropout
{
    /// <summary>Keeps the class token and some of the patches, in random order.</summary>
    /// <param name="tokens">[B, 1 + P, W], with positions.</param>
    /// <param name="share">The share that is left out, from 0 to below 1; one patch is always kept.</param>
    public static Tensor Apply(Tensor tokens, double share)
    {
        using var scope = NewDisposeScope();
        long batch = tokens.shape[0], patches = tokens.shape[1] - 1, width = tokens.shape[2];
        var kept = Math.Max(1, (int)(patches * (1 - share)));
        var (_, chosen) = StepNoise.Uniform(tokens.device, batch, patches).topk(kept, dim: -1);
        var index = chosen.unsqueeze(-1).expand(batch, kept, width);
        return cat([tokens.narrow(1, 0, 1), tokens.narrow(1, 1, patches).gather(1, index)], 1).MoveToOuterDisposeScope();
    }
}
