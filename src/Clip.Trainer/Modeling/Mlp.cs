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
        return LowRankUpdate.Linear(Activate(hidden), c_proj, c_proj_lora).MoveToOuterDisposeScope();
    }

    public void AddLowRank(int rank, double alpha)
    {
        register_module(nameof(c_fc_lora), c_fc_lora = LowRankUpdate.Of(c_fc.weight, rank, alpha));
        register_module(nameof(c_proj_lora), c_proj_lora = LowRankUpdate.Of(c_proj.weight, rank, alpha));
    }

    private Tensor Activate(Tensor x) => _activation switch
    {
        Activation.QuickGelu => QuickGelu(x),
        Activation.GeluTanh => GeluTanh(x),
        _ => nn.functional.gelu(x),
    };

    private static Tensor QuickGelu(Tensor x)
    {
        using Scalar quick = 1.702;
        return x * sigmoid(x.mul(quick));
    }

    private static Tensor GeluTanh(Tensor x)
    {
        using Scalar cubic = 0.044715, inner = Math.Sqrt(2 / Math.PI), one = 1, half = 0.5;
        return x.mul(x.mul(x).mul(cubic).add(one, one).mul(x).mul(inner).tanh().add(one, one)).mul(half);
    }
}
