using Clip.Trainer.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Objectives;

/// <summary>
/// Multi-class logistic loss against the words of a caption (Joulin et al. 2016, section 3, which prefers it to a logistic loss for each
/// word, and to which CLIP's section 2.3 refers): a softmax over the vocabulary shall give each word of the bag the same share.
/// </summary>
/// <remarks>A word counts once, however often it appears, as in the paper. Words are entries of the tokenizer's vocabulary.</remarks>
public static class BagOfWordsLoss
{
    /// <summary>The bags of texts.</summary>
    /// <param name="ids">[B, L] int64 token ids with a start of text; what follows the first end of text does not matter.</param>
    /// <param name="vocabSize">Entries V of the vocabulary.</param>
    /// <param name="endOfText">The end-of-text token.</param>
    /// <returns>[B, V], 1 for the words of a text and 0 for others; start and end of text are no words.</returns>
    public static Tensor Bags(Tensor ids, long vocabSize, long endOfText)
    {
        ArgumentNullException.ThrowIfNull(ids);
        using var scope = NewDisposeScope();
        var inner = TokenMask.Inner(ids, endOfText).to_type(ScalarType.Float32);
        using Scalar one = 1;
        return zeros(ids.shape[0], vocabSize, device: ids.device).scatter_add_(1, ids, inner).clamp_max(one).MoveToOuterDisposeScope();
    }

    /// <summary>Computes the loss.</summary>
    /// <param name="logits">[B, V], one of each word of the vocabulary.</param>
    /// <param name="bags">[B, V], as <see cref="Bags"/> gives them.</param>
    /// <returns>A scalar: −Σ log softmax over a bag's words, divided by their number; the mean over the bags.</returns>
    public static Tensor Compute(Tensor logits, Tensor bags)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(bags);
        using var scope = NewDisposeScope();
        return (nn.functional.log_softmax(logits, 1) * Shares(bags)).sum(1).mean().neg().MoveToOuterDisposeScope();
    }

    /// <summary>
    /// How well texts fit images: the mean log-probability of a bag's words, minus the most it can be for a bag of that size, −ln K.
    /// Without this part of "red heart" would fit any picture as well as the whole.
    /// </summary>
    /// <param name="logits">[B, V].</param>
    /// <param name="bags">[N, V].</param>
    /// <returns>[B, N]: the negative divergence of the prediction from the bag's equal shares, at most 0.</returns>
    public static Tensor Scores(Tensor logits, Tensor bags)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(bags);
        using var scope = NewDisposeScope();
        var mean = nn.functional.log_softmax(logits, 1).matmul(Shares(bags).t());
        return mean.Plus(Count(bags).log().t()).MoveToOuterDisposeScope();
    }

    private static Tensor Shares(Tensor bags) => bags / Count(bags);

    /// <summary>[B, 1]; an empty bag counts as one word, so that it adds nothing and divides by nothing.</summary>
    private static Tensor Count(Tensor bags)
    {
        using Scalar one = 1;
        return bags.sum(1, keepdim: true).clamp_min(one);
    }
}
