namespace Clip.Trainer.Data;

/// <summary>How records become batches.</summary>
/// <param name="BatchSize">Pairs a step.</param>
/// <param name="Seed">Decides the order, the augmentation, and which of several captions an epoch shows.</param>
internal sealed record PairLoaderOptions(int BatchSize, long Seed)
{
    public const double DefaultMaxBadPercent = 10;

    /// <summary>Longer than any disk or network needs that still answers.</summary>
    public static readonly TimeSpan DefaultReadTimeout = TimeSpan.FromMinutes(2);

    /// <summary>Whether a random sentence of a caption stands for it, as for ConVIRT.</summary>
    public bool SampleSentences { get; init; }

    /// <summary>Threads that read and decode; at most the machine's cores are of use.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary>How many of the records may be bad, in per cent, before the run stops.</summary>
    public double MaxBadPercent { get; init; } = DefaultMaxBadPercent;

    /// <summary>How long reading a record may take; then it is a bad one, and what blocks is left to itself.</summary>
    public TimeSpan ReadTimeout { get; init; } = DefaultReadTimeout;

    /// <summary>Called once for every record that cannot be used, with its key and the reason; from any thread.</summary>
    public Action<string, string>? OnBroken { get; init; }

    /// <summary>A file to write each step's samples to; see <see cref="SampleLog"/>.</summary>
    public string? LogSamples { get; init; }
}
