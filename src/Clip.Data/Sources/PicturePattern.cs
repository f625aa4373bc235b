using System.IO.Enumeration;

namespace Clip.Data.Sources;

/// <summary>
/// Pictures by a pattern that no shell has expanded, as cmd.exe and quotes leave it: <c>*</c> and <c>?</c> within a name, <c>**</c> for
/// any folders between. What is hidden, and what is no picture, does not match (<see cref="PictureFiles"/> has the rule).
/// </summary>
internal static class PicturePattern
{
    private const string AnyFolders = "**";

    private static readonly char[] Separators = [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar];

    /// <summary>Whether a path has anything to expand.</summary>
    public static bool IsOne(string path) => path.Contains('*', StringComparison.Ordinal) || path.Contains('?', StringComparison.Ordinal);

    /// <summary>The pictures that match, by name.</summary>
    public static IReadOnlyList<string> Files(string pattern)
    {
        var root = Path.GetPathRoot(pattern) ?? "";
        var parts = pattern[root.Length..].Split(Separators, StringSplitOptions.RemoveEmptyEntries);
        IEnumerable<string> folders = [root];
        // '**' at the end stands for every file below.
        var name = parts is [.., AnyFolders] ? "*" : parts[^1];
        foreach (var part in parts is [.., AnyFolders] ? parts : parts[..^1])
            folders = folders.SelectMany(folder => Matching(folder, part)).Distinct().ToArray();
        return
        [
            .. folders.SelectMany(folder => Entries(folder, name, Directory.EnumerateFiles)).Where(PictureFiles.IsPicture).Distinct()
                .Order(StringComparer.Ordinal),
        ];
    }

    private static IEnumerable<string> Matching(string folder, string part)
    {
        if (part == AnyFolders) return PictureFiles.Folders(Here(folder)).Select(place => Inside(folder, place));
        if (IsOne(part)) return Entries(folder, part, Directory.EnumerateDirectories);
        var place = Path.Combine(folder, part);
        return Directory.Exists(place) ? [place] : [];
    }

    private static IEnumerable<string> Entries(string folder, string name, Func<string, IEnumerable<string>> list) =>
        list(Here(folder)).Select(entry => Path.GetFileName(entry))
            .Where(entry => !PictureFiles.IsHidden(entry)
                && FileSystemName.MatchesSimpleExpression(name, entry, ignoreCase: !OperatingSystem.IsLinux()))
            .Select(entry => Path.Combine(folder, entry));

    private static string Here(string folder) => folder.Length == 0 ? "." : folder;

    /// <summary>The paths begin as the pattern does, so without a dot where it has none.</summary>
    private static string Inside(string folder, string place) =>
        folder.Length > 0 ? place : place == "." ? "" : Path.GetRelativePath(".", place);
}
