using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>The two linear layers of a transformer block, <c>c_fc</c> and <c>c_proj</c>, with the activation between.</summary>
internal sealed class Mlp : nn.Module<Tensor, Tensor>
{
    private readonly Linear c_fc;
    private readonly Linear c_proj;
    private readonly Activation _activation;

    /// <summary>Creates the layers with weights of N(0, 1/2W) going in, N(0, <paramref name="outStd"/>²) going out, and zero biases.</summary>
    public Mlp(long width, long mlpWidth, double outStd, Activation activation)
        : base(nameof(Mlp))
    {
        _activation = activation;
        c_fc = Initialise.Linear(width, mlpWidth, Math.Pow(2 * width, -0.5));
        c_proj = Initialise.Linear(mlpWidth, width, outStd);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var hidden = Autocast.Linear(input, c_fc.weight, c_fc.bias!);
        using Scalar quick = 1.702;
        hidden = _activation == Activation.QuickGelu ? hidden * sigmoid(hidden.mul(quick)) : nn.functional.gelu(hidden);
        return Autocast.Linear(hidden, c_proj.weight, c_proj.bias!).MoveToOuterDisposeScope();
    }
}
