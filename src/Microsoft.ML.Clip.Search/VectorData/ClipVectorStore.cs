using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.VectorData;
using Microsoft.ML.Clip.VectorData;

namespace Microsoft.ML.Clip;

/// <summary>
/// A folder of indexes as a vector store of <c>Microsoft.Extensions.VectorData</c>: a collection is a file <c>NAME.index</c>, and texts
/// and pictures are embedded by the model. Searches are exact.
/// </summary>
/// <remarks>
/// A change is on the disk when its call returns, and each writes the collection's file anew: give many records to one
/// <c>UpsertAsync</c>. Collections of one name share one opened index. The filters of a search are run as the code that they are.
/// </remarks>
public sealed class ClipVectorStore : VectorStore
{
    internal const string SystemName = "clip";

    private const string Extension = ".index";
    private readonly ConcurrentDictionary<string, SharedIndex> _indexes = new();
    private readonly string _folder;
    private readonly ClipModel _model;

    /// <param name="folder">Where the indexes lie; it is made when the first collection is.</param>
    /// <param name="model">The model, which stays the caller's to dispose.</param>
    public ClipVectorStore(string folder, ClipModel model)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(model);
        (_folder, _model) = (Path.GetFullPath(folder), model);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The record has no key or no vector, or the name is none of a file.</exception>
    public override VectorStoreCollection<TKey, TRecord> GetCollection<TKey, TRecord>(
        string name, VectorStoreCollectionDefinition? definition = null)
    {
        if (typeof(TRecord) == typeof(Dictionary<string, object?>))
            throw new ArgumentException("Dictionaries are the records of GetDynamicCollection.");
        return new ClipVectorStoreCollection<TKey, TRecord>(name, Shared(name), _model, definition);
    }

    /// <inheritdoc/>
    public override VectorStoreCollection<object, Dictionary<string, object?>> GetDynamicCollection(
        string name, VectorStoreCollectionDefinition definition) =>
        new ClipVectorStoreCollection<object, Dictionary<string, object?>>(name, Shared(name), _model, definition);

    /// <inheritdoc/>
    public override async IAsyncEnumerable<string> ListCollectionNamesAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        if (!Directory.Exists(_folder)) yield break;
        foreach (var file in Directory.EnumerateFiles(_folder, $"*{Extension}").Order(StringComparer.Ordinal))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return Path.GetFileNameWithoutExtension(file);
        }
    }

    /// <inheritdoc/>
    public override Task<bool> CollectionExistsAsync(string name, CancellationToken cancellationToken = default) =>
        Task.FromResult(Shared(name).Exists);

    /// <inheritdoc/>
    public override Task EnsureCollectionDeletedAsync(string name, CancellationToken cancellationToken = default)
    {
        Shared(name).Delete();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        if (serviceType == typeof(VectorStoreMetadata))
            return new VectorStoreMetadata { VectorStoreSystemName = SystemName, VectorStoreName = _folder };
        if (serviceType == typeof(ClipModel)) return _model;
        return serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <summary>Closes the collections' files.</summary>
    /// <param name="disposing">Whether called from <see cref="IDisposable.Dispose"/>.</param>
    protected override void Dispose(bool disposing)
    {
        foreach (var index in _indexes.Values) index.Dispose();
        base.Dispose(disposing);
    }

    private SharedIndex Shared(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (name.AsSpan().ContainsAny(Path.GetInvalidFileNameChars()) || name.AsSpan().ContainsAny('/', '\\') || name.StartsWith('.'))
            throw new ArgumentException($"A collection is a file, and '{name}' cannot be the name of one; give another.", nameof(name));
        return _indexes.GetOrAdd(name, added => new SharedIndex(Path.Combine(_folder, added + Extension), _model));
    }
}
