using Clip.Conversion.Architectures;
using Clip.Trainer.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Objectives;

/// <summary>
/// Predicting the caption of an image token by token, in both directions (Desai and Johnson 2021, VirTex): <see cref="CaptionLoss"/>.
/// </summary>
/// <param name="model">Image tower and decoders; not disposed.</param>
internal sealed class VirTexObjective(VirTexModel model) : IObjective
{
    /// <summary>Prompts that are scored at once: their tokens' logits over the whole vocabulary are in memory together.</summary>
    private const long PromptsAtOnce = 256;

    private static readonly bool[] Directions = [false, true];

    public nn.Module Module => model;

    public ParameterLayout Layout => ParameterLayout.Of(model.Config);

    public Tensor? LogitScale => null;

    public Tensor Loss(Tensor pixels, Tensor ids)
    {
        using var scope = NewDisposeScope();
        var ends = TokenMask.Ends(ids, model.Config.Text.EosTokenId);
        var tokens = ends.sum().to_type(ScalarType.Float32);
        var image = model.EncodeImage(pixels);
        var sums = Directions.Select(backward => LogLikelihoods(image, ids, ends, backward).sum()).ToArray();
        return sums[0].Plus(sums[1]).div(tokens).neg().MoveToOuterDisposeScope();
    }

    /// <summary>Its tokens after the first of each text.</summary>
    public Tensor Weight(Tensor ids)
    {
        using var scope = NewDisposeScope();
        return TokenMask.Ends(ids, model.Config.Text.EosTokenId).sum().MoveToOuterDisposeScope();
    }

    public void AfterStep()
    {
    }

    /// <summary>
    /// Scores by the log-likelihood of the label as the whole caption, end of text included, in both directions; the mean over a label's
    /// prompts.
    /// </summary>
    public Func<Tensor, Tensor> Classifier(Tensor prompts, int perLabel) => pixels =>
    {
        using var scope = NewDisposeScope();
        var images = model.EncodeImage(pixels);
        var rows = Enumerable.Range(0, (int)images.shape[0]).Select(i =>
            cat([.. prompts.split(PromptsAtOnce).Select(part => Likelihood(images.narrow(0, i, 1), part))]));
        return stack(rows).unflatten(1, -1, perLabel).mean([2]).MoveToOuterDisposeScope();
    };

    /// <summary>[N] log-likelihoods of texts [N, L] under one image [1, P, W].</summary>
    private Tensor Likelihood(Tensor image, Tensor texts)
    {
        using var scope = NewDisposeScope();
        var ends = TokenMask.Ends(texts, model.Config.Text.EosTokenId);
        var both = Directions.Select(backward => LogLikelihoods(image, texts, ends, backward).sum(1)).ToArray();
        return both[0].Plus(both[1]).MoveToOuterDisposeScope();
    }

    private Tensor LogLikelihoods(Tensor image, Tensor ids, Tensor ends, bool backward)
    {
        using var scope = NewDisposeScope();
        var texts = backward ? CaptionLoss.Reverse(ids, ends) : ids;
        return CaptionLoss.LogLikelihoods(model.Logits, model.Decode(image, texts, backward), texts, ends).MoveToOuterDisposeScope();
    }
}
