using Microsoft.ML.Clip.Indexing;
using Microsoft.ML.Clip.Storage;

namespace Microsoft.ML.Clip;

/// <content>An index and its file, which other programs may have saved meanwhile.</content>
public sealed partial class ClipImageIndex
{
    /// <summary>Writes the changes: a new file beside the old one, and then in its place.</summary>
    /// <exception cref="IOException">
    /// It cannot be written, or another program has saved the index since it was opened here, whose changes would be lost.
    /// </exception>
    public void Save()
    {
        _lock.EnterUpgradeableReadLock();
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_generation.Length > 0 && !_content.HasChanges) return;
            ThrowIfSavedByAnother();
            var header = new IndexHeader
            {
                Generation = Guid.NewGuid().ToString("N"),
                ModelFingerprint = ModelFingerprint,
                ModelName = ModelName,
                Dimension = Dimension,
                Count = _content.Count,
            };
            var aside = IndexFileWriter.WriteAside(Path, header, _content.Live());
            _lock.EnterWriteLock();
            try
            {
                ThrowIfSavedByAnother();
                _content.Replace(aside, Path);
                _generation = header.Generation;
            }
            finally
            {
                File.Delete(aside);
                _lock.ExitWriteLock();
            }
        }
        finally
        {
            _lock.ExitUpgradeableReadLock();
        }
    }

    /// <summary>Makes the graph for <see cref="ClipSearchOptions.Approximate"/>, in a file <c>.hnsw</c> beside the index.</summary>
    /// <param name="options">How; default <c>new ClipApproximateOptions()</c>.</param>
    /// <param name="progress">Told how many pictures are in it, of <see cref="Count"/>.</param>
    /// <param name="cancellationToken">Stops it; there is no new file then.</param>
    /// <exception cref="InvalidOperationException">There are changes that are not saved, or the index never was.</exception>
    /// <exception cref="PlatformNotSupportedException">USearch has no native library for this system.</exception>
    public void BuildApproximate(
        ClipApproximateOptions? options = null, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        options ??= new ClipApproximateOptions();
        options.Check();
        Reading(() =>
        {
            if (_generation.Length == 0 || _content.HasChanges)
                throw new InvalidOperationException($"Save the index '{Path}' before its graph for approximate search is built.");
            _content.BuildGraph(Path, _generation, options, progress, cancellationToken);
            return true;
        });
    }

    /// <summary>Takes up what another program has saved, where nothing has been changed here.</summary>
    /// <returns>Whether there was something new.</returns>
    /// <exception cref="InvalidOperationException">Something has been changed here and not been saved.</exception>
    /// <exception cref="InvalidDataException">The file there now is no index, damaged, or of another model.</exception>
    public bool Refresh()
    {
        var isNew = false;
        Writing(() =>
        {
            if (_content.HasChanges)
                throw new InvalidOperationException($"The index '{Path}' has changes that are not saved; save it before a refresh.");
            var file = IndexFile.Open(Path);
            if (file.Header.Generation == _generation || file.Header.ModelFingerprint != ModelFingerprint)
            {
                using (file)
                {
                    if (file.Header.Generation == _generation) return;
                    throw new InvalidDataException($"The index '{Path}' is of another model now; open it anew.");
                }
            }

            _content.Take(file);
            (_generation, isNew) = (file.Header.Generation, true);
        });
        return isNew;
    }

    /// <summary>Another program may have saved the file since; on a new index, what was there is to be replaced.</summary>
    private void ThrowIfSavedByAnother()
    {
        if (_generation.Length == 0 || !File.Exists(Path)) return;
        using var stream = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (IndexHeader.Read(stream, Path).Generation == _generation) return;
        throw new IOException(
            $"The index '{Path}' has been saved by another program since it was opened; open it anew, and make the changes to that.");
    }
}
