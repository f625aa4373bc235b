using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Clip.Conversion.Checkpoints;

/// <summary>
/// A place beside a path where its new content is made, a sibling because only within one volume is a move all or nothing. A lock file
/// tells that its owner lives; what an owner that was killed left behind goes when the next one makes its place in the same folder.
/// </summary>
internal sealed partial class Aside : IDisposable
{
    private const string LockEnd = ".clip.lock", NewEnd = ".clip.tmp", FormerEnd = ".clip.former";

    private static readonly ConcurrentDictionary<Aside, bool> Living = new();

    private readonly FileStream _lock;

    static Aside() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (var aside in Living.Keys) aside.Dispose();
    };

    /// <summary>Makes a place for a path's new content; nothing is there yet.</summary>
    /// <param name="path">What will be written. Its folder exists.</param>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    public Aside(string path)
    {
        var target = System.IO.Path.GetFullPath(path);
        var folder = System.IO.Path.GetDirectoryName(target)!;
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"There is no folder '{folder}' to write to; make it first.");
        Sweep(folder);
        (_lock, var stem) = Lock(target);
        (Path, Former) = (stem + NewEnd, stem + FormerEnd);
        Living[this] = true;
    }

    /// <summary>Where to write: a file or a folder, which the owner then moves to its place. What is left here goes with this.</summary>
    public string Path { get; }

    /// <summary>Where a folder that is to be replaced waits until the new one has its name.</summary>
    public string Former { get; }

    public void Dispose()
    {
        if (!Living.TryRemove(this, out _)) return;
        Remove(Path);
        _lock.Dispose();
    }

    private static (FileStream Lock, string Stem) Lock(string target)
    {
        for (var attempt = 0; ; attempt++)
        {
            var stem = $"{target}.{Guid.NewGuid():N}";
            try
            {
                var file = new FileStream(
                    stem + LockEnd, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
                return (file, stem);
            }
            catch (IOException) when (attempt < 3)
            {
                // Another process swept between the file's making and its locking.
            }
        }
    }

    /// <summary>Removes what owners that are gone left in a folder: their locks can be had.</summary>
    private static void Sweep(string folder)
    {
        foreach (var path in Directory.EnumerateFiles(folder, $"*{LockEnd}").Where(path => LockName().IsMatch(path)).ToArray())
        {
            try
            {
                using var held = new FileStream(
                    path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
                var stem = path[..^LockEnd.Length];
                var target = stem[..stem.LastIndexOf('.')];
                // Killed between two moves: the former folder has its name back.
                if (Directory.Exists(stem + FormerEnd) && !Directory.Exists(target)) Directory.Move(stem + FormerEnd, target);
                Remove(stem + FormerEnd);
                Remove(stem + NewEnd);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // In use, or another user's.
            }
        }
    }

    private static void Remove(string path)
    {
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
        else File.Delete(path);
    }

    [GeneratedRegex(@"\.[0-9a-f]{32}\.clip\.lock$", RegexOptions.CultureInvariant)]
    private static partial Regex LockName();
}
