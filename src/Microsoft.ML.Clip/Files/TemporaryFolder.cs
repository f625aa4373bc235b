using System.Collections.Concurrent;

namespace Microsoft.ML.Clip.Files;

/// <summary>
/// A folder of our own for files unpacked from a saved model. It goes when disposed, when collected undisposed, or at process exit;
/// one that a crash left goes when the next process makes its first.
/// </summary>
internal sealed class TemporaryFolder : IDisposable
{
    private const string Prefix = "Microsoft.ML.Clip-";
    private const string LockName = ".lock";

    // Paths with their held locks, not instances: an instance must stay collectable.
    private static readonly ConcurrentDictionary<string, FileStream> Living = new();
    private static readonly ConcurrentDictionary<string, bool> Swept = new();

    static TemporaryFolder() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (var path in Living.Keys) Delete(path);
    };

    private TemporaryFolder(string path) => Path = path;

    ~TemporaryFolder() => Delete(Path);

    public string Path { get; }

    /// <summary>Makes one under <paramref name="temporaryPath"/>, or the system's if null, that only this user can read.</summary>
    public static TemporaryFolder Create(string? temporaryPath)
    {
        var root = string.IsNullOrEmpty(temporaryPath) ? System.IO.Path.GetTempPath() : temporaryPath;
        if (Swept.TryAdd(root, true)) Sweep(root);
        var path = System.IO.Path.Combine(root, Prefix + Guid.NewGuid().ToString("N"));
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Living[path] = new FileStream(System.IO.Path.Combine(path, LockName), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        return new TemporaryFolder(path);
    }

    public void Dispose()
    {
        Delete(Path);
        GC.SuppressFinalize(this);
    }

    private static void Delete(string path)
    {
        if (!Living.TryRemove(path, out var held)) return;
        held.Dispose();
        Remove(path);
    }

    /// <summary>Removes the folders whose owner is gone: their lock can be had.</summary>
    private static void Sweep(string root)
    {
        if (!Directory.Exists(root)) return;
        foreach (var path in Directory.EnumerateDirectories(root, Prefix + "*"))
        {
            try
            {
                new FileStream(System.IO.Path.Combine(path, LockName), FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue; // In use, just being made, or another user's.
            }

            Remove(path);
        }
    }

    private static void Remove(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Someone still reads a file (Windows only): the next process sweeps it.
        }
    }
}
