using Clip.Conversion.Configs;
using Clip.Trainer.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Objectives;

/// <summary>ConVIRT's objective: <see cref="ConVirtLoss"/> at a fixed temperature (Zhang et al. 2020).</summary>
internal sealed class ConVirtObjective : TwoTowerObjective
{
    private readonly ClipModel _model;

    /// <param name="model">The towers and their heads, of a config that went through <see cref="Config"/>; not disposed.</param>
    public ConVirtObjective(ClipModel model)
        : base(model)
    {
        _model = model;
        model.LogitScale.requires_grad = false;
    }

    /// <summary>Two-layer projection heads, and the inverse of <see cref="ConVirtLoss.Temperature"/> for good.</summary>
    public static ClipConfig Config(ClipConfig config) =>
        config with { LogitScaleInit = Math.Log(1 / ConVirtLoss.Temperature), ProjectionHeads = true };

    public override Tensor LossOf(Tensor image, Tensor text)
    {
        using var scope = NewDisposeScope();
        return ConVirtLoss.Compute(image, text, _model.LogitScale.exp()).MoveToOuterDisposeScope();
    }

    public override Tensor ShareOfLoss(Tensor image, Tensor text, long first, long count)
    {
        using var scope = NewDisposeScope();
        return ContrastiveLoss.Share(image, text, _model.LogitScale.exp(), first, count, ConVirtLoss.ImageToText)
            .MoveToOuterDisposeScope();
    }
}
