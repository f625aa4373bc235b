using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>A factor for each channel of a branch (Touvron et al. 2021, "Going deeper with Image Transformers", section 2).</summary>
internal sealed class LayerScale : nn.Module<Tensor, Tensor>
{
    private readonly Parameter gamma;

    /// <summary>Creates the factors, all of one value.</summary>
    public LayerScale(long width, double start)
        : base(nameof(LayerScale))
    {
        using Scalar value = start;
        gamma = new Parameter(full([width], value));
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) => input * gamma;
}
