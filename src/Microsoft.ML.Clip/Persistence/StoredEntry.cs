using System.IO.Compression;
using System.Runtime.CompilerServices;
using Microsoft.ML.Clip.Files;

namespace Microsoft.ML.Clip.Persistence;

/// <summary>
/// Large files in a saved model. ML.NET copies each entry to a temporary file and compresses it, ten times as long as a copy takes, and
/// weights do not compress: here a file goes straight into the archive as it is, and straight out of it to its place. The archive is a
/// private field of ML.NET's; with a version that has none, files go ML.NET's way, and either kind of entry is read by either.
/// </summary>
internal static class StoredEntry
{
    private const int CopySize = 1 << 20;

    public static void Save(ModelSaveContext context, string entry, string path)
    {
        using var source = RegularFile.Open(path);
        if (Archive(context.Repository) is { } archive)
        {
            using var stored = archive.CreateEntry(FullName(context.Directory, entry), CompressionLevel.NoCompression).Open();
            source.CopyTo(stored, CopySize);
        }
        else
        {
            context.SaveBinaryStream(entry, writer => source.CopyTo(writer.BaseStream));
        }
    }

    /// <summary>Unpacks an entry to a new file, whatever compression it has; false where there is no such entry.</summary>
    public static bool TryUnpack(ModelLoadContext context, string entry, string path)
    {
        if (Archive(context.Repository) is { } archive)
        {
            // Archives of earlier days may have either separator in their names.
            var name = FullName(context.Directory, entry).Replace('\\', '/');
            if (archive.Entries.LastOrDefault(e => e.FullName.Replace('\\', '/') == name) is not { } found) return false;
            using var packed = found.Open();
            Write(packed);
            return true;
        }

        return context.TryLoadBinaryStream(entry, reader => Write(reader.BaseStream));

        void Write(Stream packed)
        {
            using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
            packed.CopyTo(file, CopySize);
        }
    }

    private static string FullName(string? folder, string entry) => Path.Combine(folder ?? "", entry);

    private static ZipArchive? Archive(RepositoryWriter repository)
    {
        try
        {
            return ArchiveOf(repository);
        }
        catch (MissingFieldException)
        {
            return null;
        }
    }

    private static ZipArchive? Archive(RepositoryReader repository)
    {
        try
        {
            return ArchiveOf(repository);
        }
        catch (MissingFieldException)
        {
            return null;
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_archive")]
    private static extern ref ZipArchive ArchiveOf(RepositoryWriter repository);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_archive")]
    private static extern ref ZipArchive ArchiveOf(RepositoryReader repository);
}
