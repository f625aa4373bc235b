using Microsoft.ML.Clip;

namespace Clip.Cli.Searching;

/// <summary>Where pictures' embeddings of one model are kept and found again: an index file, or a database.</summary>
internal interface IPictureStore : IAsyncDisposable
{
    /// <summary>What it is called, for people.</summary>
    string Name { get; }

    /// <summary>All that it knows, by id; also what an indexing that was cut off had come to.</summary>
    Task<IReadOnlyDictionary<string, ClipIndexEntry>> EntriesAsync(CancellationToken cancellation);

    /// <summary>A picture's embedding; null where it is not there.</summary>
    Task<float[]?> EmbeddingAsync(string id, CancellationToken cancellation);

    /// <summary>Adds pictures, or replaces those of their ids, so that a process killed afterwards has not lost them.</summary>
    Task UpsertAsync(IReadOnlyList<(ClipIndexEntry Entry, float[] Embedding)> pictures, CancellationToken cancellation);

    Task RemoveAsync(IReadOnlyCollection<string> ids, CancellationToken cancellation);

    /// <summary>Makes what was changed the state that searches see.</summary>
    Task CommitAsync(CancellationToken cancellation);

    /// <summary>Makes what approximate searches need.</summary>
    Task BuildApproximateAsync(IndexingDisplay display, CancellationToken cancellation);
}
