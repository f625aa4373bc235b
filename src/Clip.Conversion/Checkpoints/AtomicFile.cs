using System.Runtime.InteropServices;
using System.Text;

namespace Clip.Conversion.Checkpoints;

/// <summary>
/// Files that are there whole or not at all, even after a power cut: the bytes go to a file beside the path and onto the disk, the file
/// takes the path's name, and the folder with the name goes onto the disk too.
/// </summary>
internal static partial class AtomicFile
{
    /// <summary>Writes or replaces a file.</summary>
    /// <param name="path">Its path; the folder exists.</param>
    /// <param name="write">Writes the content. If it throws, the former file stays and nothing else is left.</param>
    /// <exception cref="IOException">The disk is full, or the file larger than the file system takes.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        using var aside = new Aside(path);
        try
        {
            using (var stream = new FileStream(aside.Path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(aside.Path, path, overwrite: true);
        }
        catch (ArgumentOutOfRangeException e) when (e.ParamName == "value")
        {
            // So .NET tells of EFBIG, as if a length had been given.
            throw new IOException("the file is larger than the file system or a limit allows", e);
        }

        SyncFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Writes or replaces a file of UTF-8.</summary>
    /// <param name="path">Its path; the folder exists.</param>
    /// <param name="text">Its text.</param>
    /// <exception cref="IOException">The disk is full, or the file larger than the file system takes.</exception>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));

    /// <summary>.NET opens no folders, and a rename is durable only when its folder is. Windows needs and has no such call.</summary>
    private static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var descriptor = Open(folder, 0);
        if (descriptor < 0) return;
        // Some file systems cannot sync folders and say so; their renames are as durable as they get.
        _ = Fsync(descriptor);
        _ = Close(descriptor);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
