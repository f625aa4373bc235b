namespace Clip.Data;

/// <summary>How records are read, and how many may be bad.</summary>
internal record ReadingOptions
{
    public const double DefaultMaxBadPercent = 10;

    /// <summary>Longer than any disk or network needs that still answers.</summary>
    public static readonly TimeSpan DefaultReadTimeout = TimeSpan.FromMinutes(2);

    /// <summary>Threads that read and decode; at most the machine's cores are of use.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary>How many of the records may be bad, in per cent, before the run stops.</summary>
    public double MaxBadPercent { get; init; } = DefaultMaxBadPercent;

    /// <summary>How long reading a record may take; then it is a bad one, and what blocks is left to itself.</summary>
    public TimeSpan ReadTimeout { get; init; } = DefaultReadTimeout;
}
