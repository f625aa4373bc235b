using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;

namespace Clip.Conversion.Zoo.Blocks;

/// <summary>
/// Puts batch norms into the convolutions before them: with running statistics they are affine maps of each channel. Computed in double,
/// so that only the result is rounded.
/// </summary>
internal sealed class BatchNorm(Parameters parameters)
{
    /// <summary>PyTorch's default.</summary>
    private const double Eps = 1e-5;

    /// <summary>γ·(w∗x − mean)/√(var + ε) + β as one convolution.</summary>
    public (WeightTensor Weight, WeightTensor Bias) Fold(WeightTensor convolution, string norm)
    {
        var channels = (int)convolution.Shape[0];
        var (factors, offsets) = Take(norm, channels);
        return (
            TensorMath.Make(convolution, [.. convolution.Shape], () =>
            {
                var source = convolution.Data.Span;
                var folded = new float[source.Length];
                var length = source.Length / channels;
                for (var i = 0; i < folded.Length; i++) folded[i] = (float)(source[i] * factors[i / length]);
                return folded;
            }),
            TensorMath.Make(convolution, [channels], () => [.. offsets.Select(value => (float)value)]));
    }

    /// <summary>A batch norm alone as a depthwise convolution of 1×1.</summary>
    public (WeightTensor Weight, WeightTensor Bias) Alone(string norm, int channels)
    {
        var one = new WeightTensor([channels, 1, 1, 1], parameters.HasValues ? Ones(channels) : default(ReadOnlyMemory<float>));
        return Fold(one, norm);
    }

    /// <summary>x·factor + offset.</summary>
    private (double[] Factors, double[] Offsets) Take(string norm, int channels)
    {
        var gain = parameters.Take($"{norm}.weight", channels);
        var bias = parameters.Take($"{norm}.bias", channels);
        var mean = parameters.Take(norm + ClipNames.BatchNorm.Mean, channels);
        var variance = parameters.Take(norm + ClipNames.BatchNorm.Variance, channels);
        if (!parameters.HasValues) return ([], []);
        double[] factors = [.. Enumerable.Range(0, channels).Select(c => gain.Data.Span[c] / Math.Sqrt(variance.Data.Span[c] + Eps))];
        return (factors, [.. factors.Select((factor, c) => bias.Data.Span[c] - mean.Data.Span[c] * factor)]);
    }

    private static float[] Ones(int count)
    {
        var ones = new float[count];
        Array.Fill(ones, 1);
        return ones;
    }
}
