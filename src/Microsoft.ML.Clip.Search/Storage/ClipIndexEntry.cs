namespace Microsoft.ML.Clip;

/// <summary>What an index knows of a picture beside its embedding.</summary>
/// <param name="Id">Tells it from the index's other pictures; the command line takes its path.</param>
public sealed record ClipIndexEntry(string Id)
{
    /// <summary>Where its file lies; <see langword="null"/> where it has none of its own, as in an archive.</summary>
    public string? Path { get; init; }

    /// <summary>Bytes of its file.</summary>
    public long? Size { get; init; }

    /// <summary>When its file was last written.</summary>
    public DateTimeOffset? Modified { get; init; }

    /// <summary>A text about it.</summary>
    public string? Caption { get; init; }

    /// <summary>A hash of its bytes, where whoever added it took one.</summary>
    public string? ContentHash { get; init; }

    /// <summary>Whatever else an application wants to keep, in a form of its own.</summary>
    public string? Data { get; init; }
}
