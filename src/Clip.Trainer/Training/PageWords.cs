namespace Clip.Trainer.Training;

/// <summary>Words of a command as a page shows them, which is passed on: without the folders of the machine it was made on.</summary>
internal static class PageWords
{
    /// <summary>A word with each path from the root, home or upwards cut to its name; also in NAME=PATH and PATH::PATH.</summary>
    public static string WithoutFolders(string word) => string.Join("::", word.Split("::").Select(part =>
    {
        var at = part.IndexOf('=', StringComparison.Ordinal);
        return at > 0 && !IsPlace(part) ? part[..(at + 1)] + Name(part[(at + 1)..]) : Name(part);
    }));

    private static string Name(string path)
    {
        if (!IsPlace(path)) return path;
        var name = path.TrimEnd('/', '\\');
        name = name[(name.LastIndexOfAny(['/', '\\']) + 1)..];
        return name.Length > 0 ? name : path;
    }

    private static bool IsPlace(string text) => Path.IsPathFullyQualified(text)
        || text is ['/' or '\\' or '~', ..] or ['.', '.', '/' or '\\', ..]
        || text is [(>= 'a' and <= 'z') or (>= 'A' and <= 'Z'), ':', '/' or '\\', ..];
}
