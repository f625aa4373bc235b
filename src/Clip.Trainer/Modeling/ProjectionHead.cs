using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// The second half of ConVIRT's projection head, W₂·ReLU(W₁·h) without biases (Zhang et al. 2020, section 3.1): the tower's own linear
/// projection is W₁, this is ReLU and W₂.
/// </summary>
public sealed class ProjectionHead : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;

    /// <summary>Creates the head with PyTorch's weights for a linear layer, U(±1/√D).</summary>
    /// <param name="embedDim">Width D of the features going in and out.</param>
    public ProjectionHead(int embedDim)
        : base(nameof(ProjectionHead))
    {
        weight = Initialize.Uniform(Math.Pow(embedDim, -0.5), embedDim, embedDim);
        RegisterComponents();
    }

    /// <summary>Projects features.</summary>
    /// <param name="input">[B, D].</param>
    /// <returns>[B, D], not normalized.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return input.@float().relu().matmul(weight.t()).MoveToOuterDisposeScope();
    }
}
