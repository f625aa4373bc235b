using Clip.Conversion.Initialization;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// The random numbers of a forward pass: they depend only on the place in the run, so that a part that is encoded a second time, and a run
/// that goes on, draw the same ones. Outside of a run they are torch's.
/// </summary>
internal static class StepNoise
{
    private static readonly AsyncLocal<Source?> Current = new();

    /// <summary>Sets where forwards on this flow of control draw from until the result is disposed.</summary>
    /// <param name="key">The place in the run: seed, step, rank.</param>
    public static IDisposable Use(params long[] key)
    {
        var outer = Current.Value;
        Current.Value = new Source(key);
        return new Restore(outer);
    }

    /// <summary>The same for a part of a step, which draws from its own beginning each time; nothing outside of a run.</summary>
    public static IDisposable? Part(int number) => Current.Value is { } step ? Use([.. step.Key, number]) : null;

    /// <summary>Uniform in [0, 1).</summary>
    public static Tensor Uniform(Device device, params long[] shape)
    {
        if (Current.Value is not { } source) return rand(shape, device: device);
        var values = new float[shape.Aggregate(1L, (product, d) => product * d)];
        var random = new SampleRandom([.. source.Key, source.Draws++]);
        // 24 bits, for a float rounds more of them up to 1.
        for (var i = 0; i < values.Length; i++) values[i] = (random.NextUInt64() >> 40) * (1f / (1 << 24));
        return tensor(values, shape, device: device);
    }

    private sealed class Source(long[] key)
    {
        public long[] Key => key;

        public long Draws { get; set; }
    }

    private sealed class Restore(Source? outer) : IDisposable
    {
        public void Dispose() => Current.Value = outer;
    }
}
