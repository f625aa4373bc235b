using System.Collections.Concurrent;

namespace Microsoft.ML.Clip.Imaging;

/// <summary>One axis' weights in fixed point with 22 fractional bits, rounded half away from zero: Pillow's for 8-bit images.</summary>
internal sealed class ResampleTable
{
    /// <summary>Fractional bits: 32 less 8 for the byte and 2 for overshoot and sign.</summary>
    public const int Precision = 32 - 8 - 2;

    /// <summary>Datasets have few sizes, photo collections some dozens; a table is some ten kilobytes.</summary>
    private const int MaxCached = 64;

    /// <summary>A table of more weights than this, a megabyte, is not worth keeping.</summary>
    private const int MaxCachedWeights = 1 << 18;

    private static readonly ConcurrentDictionary<Key, ResampleTable> Cache = new();

    private ResampleTable(Key key)
    {
        Starts = new int[key.Count];
        Lengths = new int[key.Count];
        var weights = ResampleKernel.Compute(key.Input, key.OutputSize, key.Filter, key.First, Starts, Lengths);
        Places = weights.Length / key.Count;
        Weights = new int[weights.Length];
        for (var i = 0; i < weights.Length; i++)
        {
            Weights[i] = (int)((weights[i] < 0 ? -0.5 : 0.5) + (weights[i] * (1 << Precision)));
        }
    }

    /// <summary>For each output, the first input with a weight.</summary>
    public int[] Starts { get; }

    /// <summary>For each output, how many inputs have a weight.</summary>
    public int[] Lengths { get; }

    /// <summary>The weights, <see cref="Places"/> for each output.</summary>
    public int[] Weights { get; }

    public int Places { get; }

    /// <summary>The first input that any output needs.</summary>
    public int InputStart => Starts[0];

    /// <summary>One past the last input that any output needs.</summary>
    public int InputEnd => Starts[^1] + Lengths[^1];

    /// <summary>The table of <paramref name="count"/> outputs from <paramref name="first"/> on, perhaps shared. Thread-safe.</summary>
    public static ResampleTable Get(InputAxis input, int outputSize, int first, int count, ImageResample filter)
    {
        var key = new Key(input, outputSize, first, count, filter);
        if (Cache.TryGetValue(key, out var table)) return table;
        table = new(key);
        if (table.Weights.Length > MaxCachedWeights) return table;
        // Random crops have ever new sizes: starting over is as good as any policy there, and costs nothing where sizes recur.
        if (Cache.Count >= MaxCached) Cache.Clear();
        return Cache.GetOrAdd(key, table);
    }

    private readonly record struct Key(InputAxis Input, int OutputSize, int First, int Count, ImageResample Filter);
}
