using Clip.Trainer.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Objectives;

/// <summary>
/// VirTex's bicaptioning loss (Desai and Johnson 2021, section 3; virtex's BidirectionalCaptioningModel): the mean cross-entropy of a
/// batch's tokens from the left plus that from the right.
/// </summary>
public static class CaptionLoss
{
    /// <summary>Texts from the right: end of text first, start of text last, and behind that as long as before.</summary>
    /// <param name="ids">[B, L].</param>
    /// <param name="ends">[B], the place of each text's end.</param>
    /// <returns>[B, L]; what follows the start of text does not matter.</returns>
    public static Tensor Reverse(Tensor ids, Tensor ends)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(ends);
        using var scope = NewDisposeScope();
        using Scalar first = 0L;
        var places = (ends.unsqueeze(1) - TensorOps.Range(ids.shape[1], ids.device).unsqueeze(0)).clamp_min(first);
        return ids.gather(1, places).MoveToOuterDisposeScope();
    }

    /// <summary>The log-probability of each text's tokens after the first, given those before.</summary>
    /// <param name="logitsOf">Gives rows [T, W] their logits [T, V].</param>
    /// <param name="rows">[B, L, W]: row t knows the text up to t.</param>
    /// <param name="ids">[B, L].</param>
    /// <param name="ends">[B], the place of the last token that counts.</param>
    /// <returns>[B, L − 1], 0 behind a text's end.</returns>
    public static Tensor LogLikelihoods(Func<Tensor, Tensor> logitsOf, Tensor rows, Tensor ids, Tensor ends)
    {
        ArgumentNullException.ThrowIfNull(logitsOf);
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(ends);
        using var scope = NewDisposeScope();
        var length = ids.shape[1];
        // The vocabulary is the costly part, so only rows that count are given their logits.
        var counted = TensorOps.Range(length - 1, ids.device).unsqueeze(0).lt(ends.unsqueeze(1)).flatten();
        var places = counted.nonzero().squeeze(1);
        var targets = ids.narrow(1, 1, length - 1).flatten().index_select(0, places);
        var logits = logitsOf(rows.narrow(1, 0, length - 1).flatten(0, 1).index_select(0, places));
        var logLikelihoods = nn.functional.cross_entropy(logits, targets, reduction: nn.Reduction.None).neg();
        return zeros(counted.shape, device: ids.device)
            .scatter(0, places, logLikelihoods)
            .view(ids.shape[0], length - 1)
            .MoveToOuterDisposeScope();
    }
}
