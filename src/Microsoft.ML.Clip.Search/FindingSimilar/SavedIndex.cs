using Microsoft.ML.Clip.Files;
using Microsoft.ML.Clip.Persistence;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip.FindingSimilar;

/// <summary>What a saved pipeline tells of its index: its path, if it is saved by reference; else the file is streamed beside.</summary>
internal sealed record SavedIndex
{
    private const string Entry = "pictures.index";

    public string? Path { get; init; }

    /// <summary>The state of the file that was referred to.</summary>
    public string? Generation { get; init; }

    /// <exception cref="InvalidOperationException">The index has changes that are not in its file.</exception>
    public static SavedIndex Describe(ClipImageIndex index, ClipTowerStorage storage)
    {
        if (index.HasChanges || index.Generation.Length == 0)
            throw new InvalidOperationException($"The index '{index.Path}' has changes that are not saved; save it before the pipeline.");
        return storage == ClipTowerStorage.ByReference
            ? new SavedIndex { Path = index.Path, Generation = index.Generation }
            : new SavedIndex();
    }

    public void Save(ModelSaveContext context, ClipImageIndex index)
    {
        if (Path is not null) return;
        context.SaveBinaryStream(Entry, writer =>
        {
            using var file = new FileStream(index.Path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            file.CopyTo(writer.BaseStream);
        });
    }

    /// <summary>Opens the index; one that was inside is written to a temporary folder, which goes when it is disposed.</summary>
    /// <exception cref="InvalidDataException">It is not there, or is not the one that was saved.</exception>
    public (ClipImageIndex Index, IDisposable? Folder) Load(IHostEnvironment environment, ModelLoadContext context)
    {
        if (Path is not null)
        {
            var referred = ClipImageIndex.Open(Path);
            if (referred.Generation == Generation) return (referred, null);
            referred.Dispose();
            throw new InvalidDataException(
                $"The index '{Path}' has changed since the pipeline was saved; fit and save the pipeline anew.");
        }

        var folder = TemporaryFolder.Create(MlNet.TemporaryPath(environment));
        var unpacked = System.IO.Path.Combine(folder.Path, Entry);
        try
        {
            var found = context.TryLoadBinaryStream(Entry, reader =>
            {
                using var file = File.Create(unpacked);
                reader.BaseStream.CopyTo(file);
            });
            return found ? (ClipImageIndex.Open(unpacked), folder) : throw SavedState.NoEntry(Entry);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }
}
