using Clip.Conversion.Configs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>The two linear layers of a transformer block, <c>c_fc</c> and <c>c_proj</c>, with the activation between.</summary>
internal sealed class Mlp : nn.Module<Tensor, Tensor>, ILowRankTarget
{
    private readonly Linear c_fc;
    private readonly Linear c_proj;
    private readonly Activation _activation;
    private LowRankUpdate? c_fc_lora;
    private LowRankUpdate? c_proj_lora;

    /// <summary>
    /// Creates the layers with weights of N(0, 1/2W) going in, N(0, <paramref name="outStd"/>²) going out, and zero biases.
    /// </summary>
    public Mlp(long width, long mlpWidth, double outStd, Activation activation)
        : base(nameof(Mlp))
    {
        _activation = activation;
        c_fc = Initialize.Linear(width, mlpWidth, Math.Pow(2 * width, -0.5));
        c_proj = Initialize.Linear(mlpWidth, width, outStd);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var hidden = LowRankUpdate.Linear(input, c_fc, c_fc_lora);
        using Scalar quick = 1.702;
        hidden = _activation == Activation.QuickGelu ? hidden * sigmoid(hidden.mul(quick)) : nn.functional.gelu(hidden);
        return LowRankUpdate.Linear(hidden, c_proj, c_proj_lora).MoveToOuterDisposeScope();
    }

    public void AddLowRank(int rank, double alpha)
    {
        register_module(nameof(c_fc_lora), c_fc_lora = LowRankUpdate.Of(c_fc.weight, rank, alpha));
        register_module(nameof(c_proj_lora), c_proj_lora = LowRankUpdate.Of(c_proj.weight, rank, alpha));
    }
}
