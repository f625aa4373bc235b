using Microsoft.ML.Clip;

namespace Clip.Cli.Searching;

/// <summary>An index file that is brought up to date, with a journal beside it of what has been computed and not yet saved.</summary>
internal sealed class FileStore : IPictureStore
{
    private readonly ClipImageIndex _index;
    private readonly IndexJournal _journal;

    private FileStore(ClipImageIndex index, IndexJournal journal) => (_index, _journal) = (index, journal);

    public string Name => _index.Path;

    /// <summary>Opens an index, or begins one, and takes up what an indexing that was cut off had come to.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model that embeds.</param>
    /// <param name="modelName">By which it will be opened again.</param>
    /// <exception cref="ArgumentException">The index is of another model.</exception>
    /// <exception cref="IOException">It is being brought up to date by another process, or cannot be written.</exception>
    public static FileStore Open(string path, ClipModel model, string modelName)
    {
        if (Directory.Exists(path))
            throw new ClipException($"--output '{path}' is a folder; give the name of a file, such as photos.index.");
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var index = File.Exists(path)
            ? ClipImageIndex.Open(path)
            : ClipImageIndex.Create(path, model.Fingerprint, model.Dimension, modelName);
        try
        {
            index.RequireModel(model);
            var journal = IndexJournal.Open($"{index.Path}.partial", model.Fingerprint, model.Dimension, out var kept);
            foreach (var (entry, embedding) in kept) index.Upsert(entry, embedding);
            return new FileStore(index, journal);
        }
        catch
        {
            index.Dispose();
            throw;
        }
    }

    public Task<IReadOnlyDictionary<string, ClipIndexEntry>> EntriesAsync(CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyDictionary<string, ClipIndexEntry>>(
            _index.Entries.ToDictionary(entry => entry.Id, StringComparer.Ordinal));

    public Task<float[]?> EmbeddingAsync(string id, CancellationToken cancellation) => Task.FromResult(_index.GetEmbedding(id));

    public Task UpsertAsync(IReadOnlyList<(ClipIndexEntry Entry, float[] Embedding)> pictures, CancellationToken cancellation)
    {
        foreach (var (entry, embedding) in pictures) _index.Upsert(entry, embedding);
        _journal.Append(pictures);
        return Task.CompletedTask;
    }

    public Task RemoveAsync(IReadOnlyCollection<string> ids, CancellationToken cancellation)
    {
        foreach (var id in ids) _index.Remove(id);
        return Task.CompletedTask;
    }

    public Task CommitAsync(CancellationToken cancellation)
    {
        _index.Save();
        _journal.Clear();
        return Task.CompletedTask;
    }

    public Task BuildApproximateAsync(IndexingDisplay display, CancellationToken cancellation)
    {
        var done = 0;
        using (display.Start(_index.Count))
        {
            _index.BuildApproximate(progress: new ToldAtOnce(pictures =>
            {
                display.Advance(pictures - done);
                done = pictures;
            }), cancellationToken: cancellation);
        }

        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _journal.Dispose();
        _index.Dispose();
        return ValueTask.CompletedTask;
    }
}
