using Clip.Conversion.Architectures;
using Clip.Trainer.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Objectives;

/// <summary>
/// Predicting the words of a caption from its image (CLIP paper, section 2.3 and figure 2): <see cref="BagOfWordsLoss"/>.
/// </summary>
/// <param name="model">Image tower and words; not disposed.</param>
internal sealed class BagOfWordsObjective(BagOfWordsModel model) : IObjective
{
    public nn.Module Module => model;

    public ParameterLayout Layout => ParameterLayout.Of(model.Config);

    public Tensor? LogitScale => null;

    public Tensor Loss(Tensor pixels, Tensor ids)
    {
        using var scope = NewDisposeScope();
        return BagOfWordsLoss.Compute(model.forward(pixels), Bags(ids)).MoveToOuterDisposeScope();
    }

    public void AfterStep()
    {
    }

    /// <summary>Scores by <see cref="BagOfWordsLoss.Scores"/>, the mean over a label's prompts.</summary>
    public Func<Tensor, Tensor> Classifier(Tensor prompts, int perLabel)
    {
        var bags = Bags(prompts);
        return pixels =>
        {
            using var scope = NewDisposeScope();
            return BagOfWordsLoss.Scores(model.forward(pixels), bags).unflatten(1, -1, perLabel).mean([2]).MoveToOuterDisposeScope();
        };
    }

    private Tensor Bags(Tensor ids) => BagOfWordsLoss.Bags(ids, model.Config.Text.VocabSize, model.Config.Text.EosTokenId);
}
