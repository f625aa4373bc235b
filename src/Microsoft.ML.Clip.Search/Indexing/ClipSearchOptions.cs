namespace Microsoft.ML.Clip;

/// <summary>What a search gives, and how.</summary>
public sealed record ClipSearchOptions
{
    /// <summary>How many pictures to give at most. Default 10.</summary>
    public int Top { get; init; } = 10;

    /// <summary>How many of the best to leave out before them, for pages. Default 0.</summary>
    public int Skip { get; init; }

    /// <summary>The smallest score to give. Default: none.</summary>
    public float? MinScore { get; init; }

    /// <summary>
    /// Which pictures count at all. It is called from several threads, for those alone that may be among the best, and must not itself ask
    /// the index. Default: all.
    /// </summary>
    public Func<ClipIndexEntry, bool>? Filter { get; init; }

    /// <summary>
    /// Whether to search by the graph that <see cref="ClipImageIndex.BuildApproximate"/> has made: faster over millions, and it may miss a
    /// few. Scores are exact. With a <see cref="Filter"/> the search is exact all the same. Default <see langword="false"/>.
    /// </summary>
    public bool Approximate { get; init; }

    /// <summary>Threads to search on; 0 (default) is one for each core.</summary>
    public int Threads { get; init; }

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Top, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(Skip);
        ArgumentOutOfRangeException.ThrowIfNegative(Threads);
        if (MinScore is { } least && float.IsNaN(least))
            throw new ArgumentOutOfRangeException(nameof(MinScore), MinScore, "The smallest score is a number.");
    }
}
