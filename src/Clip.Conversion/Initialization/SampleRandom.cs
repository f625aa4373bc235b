namespace Clip.Conversion.Initialization;

/// <summary>
/// Random numbers that depend only on a key, such as (seed, epoch, sample): whoever asks, in whatever order and on whatever
/// thread, gets the same ones, so a resumed run needs no generator state. SplitMix64 (Steele, Lea and Flood 2014).
/// </summary>
internal struct SampleRandom
{
    private ulong _state;

    public SampleRandom(params ReadOnlySpan<long> key)
    {
        foreach (var part in key)
        {
            _state ^= unchecked((ulong)part);
            _state = NextUInt64();
        }
    }

    public ulong NextUInt64()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [low, high).</summary>
    public double NextDouble(double low, double high) => low + (high - low) * NextDouble();

    /// <summary>Uniform in [0, count).</summary>
    public int Next(int count) => (int)Math.BigMul(NextUInt64(), (ulong)count, out _);

    /// <summary>One of the items.</summary>
    public T Pick<T>(IReadOnlyList<T> items) => items[Next(items.Count)];

    /// <summary>Puts the items into a random order (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = Next(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
