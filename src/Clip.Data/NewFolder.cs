namespace Clip.Data;

/// <summary>Folders to make, in whose place nothing is that somebody may want.</summary>
internal static class NewFolder
{
    /// <summary>A folder's full path.</summary>
    /// <exception cref="ClipException">Something is there already.</exception>
    public static string At(string folder)
    {
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        return File.Exists(target) || (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
            ? throw new ClipException($"{target} holds something already; give a new or an empty folder.")
            : target;
    }
}
