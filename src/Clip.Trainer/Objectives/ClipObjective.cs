using Clip.Trainer.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Objectives;

/// <summary>
/// CLIP's own objective: <see cref="ContrastiveLoss"/> with a learned temperature, kept in its range (CLIP paper, section 2.5).
/// </summary>
/// <param name="model">The towers and the temperature; not disposed.</param>
internal sealed class ClipObjective(ClipModel model) : TwoTowerObjective(model)
{
    private readonly ClipModel _model = model;

    public override Tensor LossOf(Tensor image, Tensor text)
    {
        using var scope = NewDisposeScope();
        return ContrastiveLoss.Compute(image, text, _model.LogitScale.exp()).MoveToOuterDisposeScope();
    }

    public override Tensor ShareOfLoss(Tensor image, Tensor text, long first, long count)
    {
        using var scope = NewDisposeScope();
        return ContrastiveLoss.Share(image, text, _model.LogitScale.exp(), first, count, imageToText: 0.5).MoveToOuterDisposeScope();
    }
}
