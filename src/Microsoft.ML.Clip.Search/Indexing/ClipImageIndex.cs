using System.Diagnostics.CodeAnalysis;
using Microsoft.ML.Clip.Indexing;
using Microsoft.ML.Clip.Storage;

namespace Microsoft.ML.Clip;

/// <summary>
/// Pictures by their embeddings, in a file: found again by words, by pictures, or by any vector of the model's space. Search is exact:
/// what it gives are the highest cosines, and all of them.
/// </summary>
/// <remarks>
/// <para>The file is mapped into memory, so that opening it takes no time and processes share it. Changes are made in memory, are
/// searched at once, and reach the file with <see cref="Save"/>, which writes a new file and puts it in place of the old one: whenever
/// the power fails, there is one of the two. Embeddings are kept as floats, to the bit where their length is 1.</para>
/// <para>All members are thread-safe. Searches run side by side, and go on while the index is saved.</para>
/// </remarks>
public sealed partial class ClipImageIndex : IDisposable
{
    private readonly ReaderWriterLockSlim _lock = new(LockRecursionPolicy.NoRecursion);
    private readonly IndexContent _content;
    private string _generation;
    private bool _disposed;

    private ClipImageIndex(string path, IndexHeader header, IndexFile? file)
    {
        (Path, Dimension, ModelFingerprint, ModelName) = (path, header.Dimension, header.ModelFingerprint, header.ModelName);
        _generation = file is null ? "" : header.Generation;
        _content = new IndexContent(file);
    }

    /// <summary>The file's full path.</summary>
    public string Path { get; }

    /// <summary>Length of the embeddings.</summary>
    public int Dimension { get; }

    /// <summary><see cref="ClipModel.Fingerprint"/> of the model that made the embeddings.</summary>
    public string ModelFingerprint { get; }

    /// <summary>What that model is called, for people.</summary>
    public string? ModelName { get; }

    /// <summary>Changes with each time that it is saved; empty before the first.</summary>
    internal string Generation => Reading(() => _generation);

    /// <summary>How many pictures there are.</summary>
    public int Count => Reading(() => _content.Count);

    /// <summary>Whether something has been added or removed since it was opened or saved.</summary>
    public bool HasChanges => Reading(() => _content.HasChanges);

    /// <summary>All entries, in the order in which they were added.</summary>
    /// <returns>A list of its own, which later changes leave as it is.</returns>
    public IReadOnlyList<ClipIndexEntry> Entries => Reading(() => (IReadOnlyList<ClipIndexEntry>)[.. _content.Entries()]);

    /// <summary>Opens an index as it was last saved.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="InvalidDataException">It is no index, of a later version, or damaged.</exception>
    public static ClipImageIndex Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var full = System.IO.Path.GetFullPath(path);
        var file = IndexFile.Open(full);
        return new ClipImageIndex(full, file.Header, file);
    }

    /// <summary>An empty index, whose file comes into being, in place of one that may be there, when it is saved.</summary>
    /// <param name="path">The file.</param>
    /// <param name="modelFingerprint"><see cref="ClipModel.Fingerprint"/> of the model whose embeddings it will hold.</param>
    /// <param name="dimension">Their length: <see cref="ClipModel.Dimension"/>.</param>
    /// <param name="modelName">What the model is called, for people.</param>
    /// <exception cref="ArgumentException">A name is empty, or the dimension not from 1 to 65536.</exception>
    public static ClipImageIndex Create(string path, string modelFingerprint, int dimension, string? modelName = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentException.ThrowIfNullOrWhiteSpace(modelFingerprint);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimension, 65_536);
        return new ClipImageIndex(System.IO.Path.GetFullPath(path), new IndexHeader
        {
            Generation = "",
            ModelFingerprint = modelFingerprint,
            ModelName = modelName,
            Dimension = dimension,
            Count = 0,
        }, file: null);
    }

    /// <summary>An empty index of a model's embeddings, whose file comes into being when it is saved.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model.</param>
    public static ClipImageIndex Create(string path, ClipModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var name = System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(model.Folder));
        return Create(path, model.Fingerprint, model.Dimension, name);
    }

    /// <summary>Makes sure that queries of a model have a meaning here.</summary>
    /// <param name="model">The model.</param>
    /// <exception cref="ArgumentException">The index is of another model.</exception>
    public void RequireModel(ClipModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Fingerprint == ModelFingerprint) return;
        var name = ModelName is null ? "" : $" '{ModelName}'";
        throw new ArgumentException(
            $"The index '{Path}' was made with the model{name} of fingerprint {ModelFingerprint}, and '{model.Folder}' has "
            + $"{model.Fingerprint}: their embeddings have nothing in common; use that model, or index the pictures anew.", nameof(model));
    }

    /// <summary>Adds a picture that is not there yet.</summary>
    /// <param name="entry">What is to be known of it.</param>
    /// <param name="embedding"><see cref="Dimension"/> floats, which are scaled to length 1.</param>
    /// <exception cref="ArgumentException">There is one of that id, or the embedding is of another length or has no direction.</exception>
    public void Add(ClipIndexEntry entry, ReadOnlySpan<float> embedding)
    {
        var unit = Checked(entry, embedding);
        Writing(() =>
        {
            if (_content.Find(entry.Id) is not null)
                throw new ArgumentException($"The index has a picture '{entry.Id}' already; Upsert replaces it.", nameof(entry));
            _content.Upsert(entry, unit);
        });
    }

    /// <summary>Adds a picture, or replaces the one of its id.</summary>
    /// <inheritdoc cref="Add"/>
    /// <param name="entry">What is to be known of it.</param>
    /// <param name="embedding"><see cref="Dimension"/> floats, which are scaled to length 1.</param>
    public void Upsert(ClipIndexEntry entry, ReadOnlySpan<float> embedding)
    {
        var unit = Checked(entry, embedding);
        Writing(() => _content.Upsert(entry, unit));
    }

    /// <summary>Removes a picture.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>Whether it was there.</returns>
    public bool Remove(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        var wasThere = false;
        Writing(() => wasThere = _content.Remove(id));
        return wasThere;
    }

    /// <summary>What the index knows of a picture.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="entry">The entry.</param>
    /// <returns>Whether it is there.</returns>
    public bool TryGet(string id, [NotNullWhen(true)] out ClipIndexEntry? entry)
    {
        ArgumentNullException.ThrowIfNull(id);
        entry = Reading(() => _content.Find(id) is { } place ? _content.Entry(place) : null);
        return entry is not null;
    }

    /// <summary>A picture's embedding.</summary>
    /// <param name="id">Its id.</param>
    /// <returns><see cref="Dimension"/> floats of length 1; <see langword="null"/> where there is no such picture.</returns>
    public float[]? GetEmbedding(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return Reading(() => _content.Find(id) is { } place ? _content.Vector(place).ToArray() : null);
    }

    /// <summary>Closes the file. Changes that were not saved are lost.</summary>
    public void Dispose()
    {
        _lock.EnterWriteLock();
        try
        {
            _disposed = true;
            _content.Dispose();
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }

    private float[] Checked(ClipIndexEntry entry, ReadOnlySpan<float> embedding)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentException.ThrowIfNullOrEmpty(entry.Id, nameof(entry));
        return CheckedQuery(embedding);
    }

    private float[] CheckedQuery(ReadOnlySpan<float> embedding) => embedding.Length == Dimension
        ? UnitVector.Of(embedding)
        : throw new ArgumentException(
            $"An embedding of {embedding.Length} dimensions was given, and those of the index '{Path}' have {Dimension}; "
            + "use the model that the index was made with.");

    private T Reading<T>(Func<T> read)
    {
        _lock.EnterReadLock();
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return read();
        }
        finally
        {
            _lock.ExitReadLock();
        }
    }

    private void Writing(Action write)
    {
        _lock.EnterWriteLock();
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            write();
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }
}
