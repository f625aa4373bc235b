using System.Numerics.Tensors;

namespace Clip.Conversion.Initialization;

/// <summary>Fills arrays with random numbers, a thousand at a time.</summary>
internal static class RandomValues
{
    private const int Pairs = 1024;

    /// <summary>Uniform in [−bound, bound).</summary>
    public static void Uniform(Span<float> values, double bound, SampleRandom random)
    {
        for (var i = 0; i < values.Length; i++) values[i] = (float)random.NextDouble(-bound, bound);
    }

    /// <summary>N(0, std²) by Box and Muller: a radius √(−2 ln u) and an even angle make two independent values.</summary>
    public static void Normal(Span<float> values, double std, SampleRandom random)
    {
        Span<float> radius = stackalloc float[Pairs], angle = stackalloc float[Pairs], wave = stackalloc float[Pairs];
        while (values.Length > 0)
        {
            for (var i = 0; i < Pairs; i++)
            {
                var bits = random.NextUInt64();
                radius[i] = ((uint)(bits >> 40) + 1) * (1f / (1 << 24)); // in (0, 1], so that its logarithm is finite
                angle[i] = (uint)(bits & 0xFFFFFF) * (2f / (1 << 24)); // in half turns
            }

            TensorPrimitives.Log(radius, radius);
            TensorPrimitives.Multiply(radius, (float)(-2 * std * std), radius);
            TensorPrimitives.Sqrt(radius, radius);
            TensorPrimitives.CosPi(angle, wave);
            values = values[Product(wave, radius, values)..];
            TensorPrimitives.SinPi(angle, wave);
            values = values[Product(wave, radius, values)..];
        }
    }

    private static int Product(ReadOnlySpan<float> wave, ReadOnlySpan<float> radius, Span<float> values)
    {
        var count = Math.Min(values.Length, Pairs);
        TensorPrimitives.Multiply(wave[..count], radius[..count], values);
        return count;
    }
}
