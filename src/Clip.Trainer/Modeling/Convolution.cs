using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>A ResNet's convolution: square, odd, without bias, and padded so that only a stride makes the image smaller.</summary>
internal sealed class Convolution : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly long _stride;
    private readonly long _padding;

    /// <summary>Creates the layer with PyTorch's weights for it, U(±1/√fan-in).</summary>
    public Convolution(long inputs, long outputs, long kernel, long stride = 1)
        : base(nameof(Convolution))
    {
        (_stride, _padding) = (stride, kernel / 2);
        weight = Initialize.Uniform(Math.Pow(inputs * kernel * kernel, -0.5), outputs, inputs, kernel, kernel);
        RegisterComponents();
    }

    /// <summary>Convolves, in the precision of the moment.</summary>
    /// <param name="input">[B, inputs, H, W].</param>
    /// <returns>[B, outputs, H/stride, W/stride].</returns>
    public override Tensor forward(Tensor input) => Autocast.Convolution(input, weight, _stride, _padding);
}
