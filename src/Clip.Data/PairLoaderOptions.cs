namespace Clip.Data;

/// <summary>How records become batches.</summary>
/// <param name="BatchSize">Pairs a step.</param>
/// <param name="Seed">Decides the order, the augmentation, and which of several captions an epoch shows.</param>
/// <param name="Reading">How they are read; null for the defaults.</param>
internal sealed record PairLoaderOptions(int BatchSize, long Seed, ReadingOptions? Reading = null)
    : ReadingOptions(Reading ?? new ReadingOptions())
{
    /// <summary>Whether a random sentence of a caption stands for it, as for ConVIRT.</summary>
    public bool SampleSentences { get; init; }

    /// <summary>What happens to captions.</summary>
    public CaptionAugmentation Captions { get; init; } = new();

    /// <summary>Called once for every record that cannot be used, with its key and the reason; from any thread.</summary>
    public Action<string, string>? OnBroken { get; init; }

    /// <summary>What of every batch is loaded, where ranks share it; null for all.</summary>
    public BatchSlice? Slice { get; init; }

    /// <summary>A file to write each step's samples to; see <see cref="SampleLog"/>.</summary>
    public string? LogSamples { get; init; }
}
