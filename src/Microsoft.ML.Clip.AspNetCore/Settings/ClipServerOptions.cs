namespace Microsoft.ML.Clip;

/// <summary>How a model is served over HTTP.</summary>
public sealed class ClipServerOptions
{
    /// <summary>What clients call the model; default the name of its folder.</summary>
    public string? ModelName { get; set; }

    /// <summary>How to read the model folder.</summary>
    public ClipModelOptions Model { get; set; } = new();

    /// <summary>An index of pictures to search in, made with the same model; none without it.</summary>
    public string? IndexPath { get; set; }

    /// <summary>What relative paths of the index's pictures are relative to; default the current folder.</summary>
    public string? PictureFolder { get; set; }

    /// <summary>Labels that the page starts with, and that <c>/classify</c> takes where a request brings none.</summary>
    public IReadOnlyList<string> Labels { get; set; } = [];

    /// <summary>Prompts with a place for the label, for requests that bring none; default <c>a photo of a {}.</c></summary>
    public IReadOnlyList<string> Templates { get; set; } = PromptTemplates.Default;

    /// <summary>The most inputs, of any number of requests, that run through a tower together; default 32. 1 is no batching.</summary>
    public int MaxBatchSize { get; set; } = 32;

    /// <summary>
    /// How long a run waits for other requests to join it; default 2 ms. It does so only while there are others: one client alone never
    /// waits.
    /// </summary>
    public TimeSpan BatchDelay { get; set; } = TimeSpan.FromMilliseconds(2);

    /// <summary>
    /// The most pictures, and apart from them the most texts, that requests may have waiting at a time; default 256. A request beyond is
    /// answered 503 with <c>Retry-After</c>. One with more inputs is taken when nothing else waits.
    /// </summary>
    public int QueueLimit { get; set; } = 256;

    /// <summary>The largest body of a request, in bytes; default 20 MB. A larger one is answered 413.</summary>
    public long MaxBodyBytes { get; set; } = 20_000_000;

    /// <summary>
    /// The largest picture, in pixels, found out before memory is taken for them; default 64 million. A larger one is refused.
    /// </summary>
    public long MaxPixels { get; set; } = 64_000_000;

    /// <exception cref="ArgumentOutOfRangeException">A number is not what it has to be.</exception>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(BatchDelay, TimeSpan.FromSeconds(10));
        ArgumentOutOfRangeException.ThrowIfLessThan(QueueLimit, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBodyBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxBodyBytes, Array.MaxLength);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxPixels, 1);
    }
}
