namespace Clip.Conversion.Checkpoints;

/// <summary>Folders that are there whole or not at all: made beside the path, whose name they take when complete.</summary>
internal static class AtomicFolder
{
    /// <summary>Writes or replaces a folder.</summary>
    /// <param name="path">Its path; what is there is replaced, so the caller checks that it may be. Folders above are made.</param>
    /// <param name="write">Given an empty folder to fill. If it throws, the former folder stays and nothing else is left.</param>
    public static void Write(string path, Action<string> write)
    {
        using var aside = Begin(path, out var target);
        write(aside.Path);
        MoveIntoPlace(aside, target);
    }

    /// <inheritdoc cref="Write"/>
    public static async Task WriteAsync(string path, Func<string, Task> write)
    {
        using var aside = Begin(path, out var target);
        await write(aside.Path).ConfigureAwait(false);
        MoveIntoPlace(aside, target);
    }

    private static Aside Begin(string path, out string target)
    {
        target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        var aside = new Aside(target);
        Directory.CreateDirectory(aside.Path);
        return aside;
    }

    private static void MoveIntoPlace(Aside aside, string target)
    {
        if (!Directory.Exists(target))
        {
            Directory.Move(aside.Path, target);
            return;
        }

        Directory.Move(target, aside.Former);
        try
        {
            Directory.Move(aside.Path, target);
        }
        catch
        {
            Directory.Move(aside.Former, target);
            throw;
        }

        Directory.Delete(aside.Former, recursive: true);
    }
}
