using Clip.Conversion.Architectures;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Objectives;

/// <summary>What a training lowers: a model and the loss of a batch of captioned images under it. It knows nothing of the loop.</summary>
internal interface IObjective
{
    /// <summary>All that is trained; its state's names are those of the checkpoints.</summary>
    nn.Module Module { get; }

    /// <summary>What its parameters are: names, towers, layers.</summary>
    ParameterLayout Layout { get; }

    /// <summary>The inverse temperature at the moment, a scalar for reports; null where the objective has none.</summary>
    Tensor? LogitScale { get; }

    /// <summary>The loss of a batch, with the graph behind it.</summary>
    /// <param name="pixels">[B, 3, S, S] normalized pixels.</param>
    /// <param name="ids">[B, L] int64 token ids; row i belongs to image i.</param>
    /// <returns>A scalar.</returns>
    Tensor Loss(Tensor pixels, Tensor ids);

    /// <summary>
    /// How many the loss of a batch is a mean over, its pairs or its tokens: the means of a batch's parts, weighted by it, come to the
    /// loss of the whole.
    /// </summary>
    /// <param name="ids">As of <see cref="Loss"/>.</param>
    /// <returns>A scalar on the same device, so that nothing is read from a GPU.</returns>
    Tensor Weight(Tensor ids)
    {
        using Scalar pairs = ids.shape[0];
        return full([], pairs, ScalarType.Int64, ids.device);
    }

    /// <summary>Puts weights back into their range after an optimizer step.</summary>
    void AfterStep();

    /// <summary>Zero-shot classification by texts: prepares the labels once, for any number of images.</summary>
    /// <param name="prompts">[N · T, L] int64 token ids, as those of <see cref="Loss"/>: T prompts of each label together.</param>
    /// <param name="perLabel">T.</param>
    /// <returns>
    /// Gives normalized pixels [B, 3, S, S] their scores [B, N]: the larger, the better the label fits, in the objective's own terms.
    /// It is good as long as the dispose scope it was made in.
    /// </returns>
    Func<Tensor, Tensor> Classifier(Tensor prompts, int perLabel);
}

/// <summary>
/// An objective on the similarities of all images and texts of a batch: encoding and loss are separate, so that a batch can be
/// encoded in parts and still be compared whole.
/// </summary>
internal interface IContrastiveObjective : IObjective
{
    /// <summary>Encodes images alone.</summary>
    /// <param name="pixels">[B, 3, S, S] normalized pixels.</param>
    /// <returns>[B, D], of unit length.</returns>
    Tensor EncodeImage(Tensor pixels);

    /// <summary>Encodes texts alone.</summary>
    /// <param name="ids">[B, L] int64 token ids.</param>
    /// <returns>[B, D], of unit length.</returns>
    Tensor EncodeText(Tensor ids);

    /// <summary>Encodes pairs.</summary>
    /// <returns>Image and text features, [B, D] each, of unit length.</returns>
    (Tensor Image, Tensor Text) Encode(Tensor pixels, Tensor ids);

    /// <summary>The loss of a whole batch's features.</summary>
    /// <param name="image">[B, D], of unit length.</param>
    /// <param name="text">[B, D], of unit length; row i belongs to image i.</param>
    /// <returns>A scalar.</returns>
    Tensor LossOf(Tensor image, Tensor text);

    /// <summary>What some rows have of the loss of a whole batch's features: the shares of all rows sum to it.</summary>
    /// <param name="image">[B, D], of unit length.</param>
    /// <param name="text">[B, D], of unit length; row i belongs to image i.</param>
    /// <param name="first">The first of the rows.</param>
    /// <param name="count">How many.</param>
    /// <returns>A scalar, for which [<paramref name="count"/>, B] similarities are in memory, not all [B, B].</returns>
    Tensor ShareOfLoss(Tensor image, Tensor text, long first, long count);
}
