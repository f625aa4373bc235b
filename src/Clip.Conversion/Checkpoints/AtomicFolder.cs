namespace Clip.Conversion.Checkpoints;

/// <summary>Folders that are there whole or not at all: made beside the path, whose name they take when complete.</summary>
internal static class AtomicFolder
{
    /// <summary>Writes or replaces a folder.</summary>
    /// <param name="path">Its path; what is there is replaced, so the caller checks that it may be. Folders above are made.</param>
    /// <param name="write">Given an empty folder to fill. If it throws, the former folder stays and nothing else is left.</param>
    public static void Write(string path, Action<string> write)
    {
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        using var aside = new Aside(target);
        Directory.CreateDirectory(aside.Path);
        write(aside.Path);
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
