using Clip.Cli.Searching;
using Microsoft.ML.Clip;

namespace Clip.Cli.Tests.Searching;

/// <summary>Pictures' embeddings in memory, and what was done with them, in order.</summary>
internal sealed class MemoryStore : IPictureStore
{
    private readonly Dictionary<string, (ClipIndexEntry Entry, float[] Embedding)> _pictures = [];

    public string Name => "memory";

    /// <summary>upsert and how many, remove and how many, or commit.</summary>
    public List<string> Done { get; } = [];

    public IEnumerable<ClipIndexEntry> Entries => _pictures.Values.Select(picture => picture.Entry);

    public float[] this[string id]
    {
        get => _pictures[id].Embedding;
        set => _pictures[id] = (_pictures[id].Entry, value);
    }

    public Task<IReadOnlyDictionary<string, ClipIndexEntry>> EntriesAsync(CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyDictionary<string, ClipIndexEntry>>(_pictures.ToDictionary(pair => pair.Key, pair => pair.Value.Entry));

    public Task<float[]?> EmbeddingAsync(string id, CancellationToken cancellation) =>
        Task.FromResult(_pictures.TryGetValue(id, out var picture) ? picture.Embedding : null);

    public Task UpsertAsync(IReadOnlyList<(ClipIndexEntry Entry, float[] Embedding)> pictures, CancellationToken cancellation)
    {
        Done.Add($"upsert {pictures.Count}");
        foreach (var picture in pictures) _pictures[picture.Entry.Id] = picture;
        return Task.CompletedTask;
    }

    public Task RemoveAsync(IReadOnlyCollection<string> ids, CancellationToken cancellation)
    {
        Done.Add($"remove {ids.Count}");
        foreach (var id in ids) _pictures.Remove(id);
        return Task.CompletedTask;
    }

    public Task CommitAsync(CancellationToken cancellation)
    {
        Done.Add("commit");
        return Task.CompletedTask;
    }

    public Task BuildApproximateAsync(IndexingDisplay display, CancellationToken cancellation) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
