using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>Padding that a text tower's mask hides, in ids from <c>TrainingRows</c>: it stands there as its complement.</summary>
internal static class HiddenPadding
{
    /// <summary>Ids and mask of a batch for a tower that takes an <c>attention_mask</c>.</summary>
    /// <param name="ids">[B, L] int64 token ids; −1 − id where padding is hidden.</param>
    /// <returns>[B, L] int64 ids as the ONNX tower gets them, and [B, L] booleans, true where they are attended to.</returns>
    public static (Tensor Ids, Tensor Mask) Split(Tensor ids)
    {
        using var scope = NewDisposeScope();
        using TorchSharp.Scalar zero = 0L;
        var mask = ids.ge(zero);
        return (where(mask, ids, ids.bitwise_not()).MoveToOuterDisposeScope(), mask.MoveToOuterDisposeScope());
    }
}
