using Clip.Trainer.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Objectives;

/// <summary>Where texts end, in batches that are padded behind.</summary>
internal static class TokenMask
{
    /// <summary>The place of each text's first end-of-text token; the last place where there is none.</summary>
    /// <param name="ids">[B, L].</param>
    /// <param name="endOfText">The token.</param>
    /// <returns>[B] int64.</returns>
    public static Tensor Ends(Tensor ids, long endOfText)
    {
        using var scope = NewDisposeScope();
        // How many tokens stand before the first end of text is where that token stands.
        using Scalar end = endOfText, none = 0L, last = ids.shape[1] - 1;
        return ids.eq(end).to_type(ScalarType.Int64).cumsum(1).eq(none).sum(1).clamp_max(last).MoveToOuterDisposeScope();
    }

    /// <summary>The places of a text between its start and its end, both of which are left out; true is within.</summary>
    /// <param name="ids">[B, L].</param>
    /// <param name="endOfText">The end-of-text token.</param>
    /// <returns>[B, L] booleans.</returns>
    public static Tensor Inner(Tensor ids, long endOfText)
    {
        using var scope = NewDisposeScope();
        var places = TensorOps.Range(ids.shape[1], ids.device).unsqueeze(0);
        using Scalar start = 0L;
        return places.gt(start).logical_and(places.lt(Ends(ids, endOfText).unsqueeze(1))).MoveToOuterDisposeScope();
    }
}
