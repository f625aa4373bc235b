using Clip.Data;
using Microsoft.ML.Clip;

namespace Clip.Cli.Searching;

/// <summary>A picture that is to be in an index.</summary>
/// <param name="Entry">Its id, and what tells whether it has changed: size and time of its file, else a hash of its bytes.</param>
/// <param name="Read">Reads its bytes.</param>
internal sealed record FoundPicture(ClipIndexEntry Entry, Func<ImageBytes> Read)
{
    /// <summary>Whether an index that knows <paramref name="known"/> has this picture's embedding.</summary>
    public bool IsUnchanged(ClipIndexEntry known) =>
        (known.Size, Micro(known), known.ContentHash) == (Entry.Size, Micro(Entry), Entry.ContentHash);

    /// <summary>In microseconds, for databases keep no more of a time.</summary>
    private static long? Micro(ClipIndexEntry entry) => entry.Modified?.UtcTicks / TimeSpan.TicksPerMicrosecond;
}
