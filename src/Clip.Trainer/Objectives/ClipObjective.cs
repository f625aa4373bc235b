using Clip.Trainer.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Objectives;

/// <summary>
/// CLIP's own objective: <see cref="ContrastiveLoss"/> with a learned temperature, kept in its range (CLIP paper, section 2.5).
/// </summary>
/// <param name="model">The towers and the temperature; not disposed.</param>
internal sealed class ClipObjective(TwoTowerModel model) : TwoTowerObjective(model)
{
    private readonly TwoTowerModel _model = model;

    /// <summary>How much of each pair's certainty is spread evenly over the batch.</summary>
    public double LabelSmoothing { get; init; }

    public override Tensor LossOf(Tensor image, Tensor text)
    {
        using var scope = NewDisposeScope();
        return ContrastiveLoss.Smoothed(image, text, _model.LogitScale.exp(), 0.5, LabelSmoothing).MoveToOuterDisposeScope();
    }

    public override Tensor ShareOfLoss(Tensor image, Tensor text, long first, long count)
    {
        using var scope = NewDisposeScope();
        return ContrastiveLoss.Share(image, text, _model.LogitScale.exp(), first, count, imageToText: 0.5, LabelSmoothing)
            .MoveToOuterDisposeScope();
    }
}
