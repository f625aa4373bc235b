using Clip.Conversion.Configs;
using Clip.Trainer.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Objectives;

/// <summary>SigLIP's objective: <see cref="SigmoidLoss"/> with a learned temperature and bias (Zhai et al. 2023, section 3.2).</summary>
internal sealed class SigLipObjective : TwoTowerObjective
{
    private readonly TwoTowerModel _model;

    /// <param name="model">The towers, temperature and bias, of a config that went through <see cref="Config"/>; not disposed.</param>
    public SigLipObjective(TwoTowerModel model)
        : base(model)
    {
        if (model.LogitBias is null)
            throw new ArgumentException("The model has no logit_bias; give its config a LogitBiasInit.", nameof(model));
        _model = model;
    }

    /// <summary>The paper's starts: temperature 10, and bias −10, since nearly all pairs of a batch do not belong together.</summary>
    public static ClipConfig Config(ClipConfig config) => config with { LogitScaleInit = Math.Log(10), LogitBiasInit = -10 };

    public override Tensor LossOf(Tensor image, Tensor text)
    {
        using var scope = NewDisposeScope();
        return SigmoidLoss.Compute(image, text, _model.LogitScale.exp(), _model.LogitBias!).MoveToOuterDisposeScope();
    }

    public override Tensor ShareOfLoss(Tensor image, Tensor text, long first, long count)
    {
        using var scope = NewDisposeScope();
        return SigmoidLoss.Share(image, text, _model.LogitScale.exp(), _model.LogitBias!, first, count).MoveToOuterDisposeScope();
    }
}
