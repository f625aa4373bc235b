using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;

namespace Clip.Conversion.Zoo.Blocks;

/// <summary>Puts batch norms into the convolutions before them: with running statistics they are affine maps of each channel.</summary>
internal sealed class BatchNorm(Parameters parameters)
{
    /// <summary>PyTorch's default.</summary>
    private const double Eps = 1e-5;

    /// <summary>γ·(w∗x − mean)/√(var + ε) + β as one convolution.</summary>
    public (WeightTensor Weight, WeightTensor Bias) Fold(WeightTensor convolution, string norm)
    {
        var channels = convolution.Shape[0];
        var gain = parameters.Take($"{norm}.weight", channels);
        var bias = parameters.Take($"{norm}.bias", channels);
        var mean = parameters.Take(norm + ClipNames.BatchNorm.Mean, channels);
        var variance = parameters.Take(norm + ClipNames.BatchNorm.Variance, channels);
        return (
            TensorMath.Make([.. convolution.Shape], new Derivation.NormedKernels(convolution, gain, variance, Eps)),
            TensorMath.Make([channels], new Derivation.NormedOffsets(gain, bias, mean, variance, Eps)));
    }

    /// <summary>A batch norm alone as a depthwise convolution of 1×1.</summary>
    public (WeightTensor Weight, WeightTensor Bias) Alone(string norm, int channels) => Fold(
        TensorMath.Constant([channels, 1, 1, 1], () => [.. Enumerable.Repeat(1f, channels)]), norm);
}
