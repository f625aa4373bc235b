using Clip.Data;
using Clip.Data.Sources;

namespace Clip.Evaluation.DataSets;

/// <summary>The files of a data set: found, or named where they are absent; told of where they are too many.</summary>
internal sealed class DataSetFolder
{
    private readonly DataSet _set;
    private readonly string _path;
    private readonly string[] _roots;
    private readonly List<string> _notices = [];

    /// <param name="set">Whose files they are.</param>
    /// <param name="path">The folder that is given.</param>
    /// <exception cref="ClipException">There is no such folder.</exception>
    public DataSetFolder(DataSet set, string path)
    {
        (_set, _path) = (set, path);
        if (!Directory.Exists(path)) throw new ClipException($"There is no folder '{path}' with {set.Title}; it takes {set.Layout}");
        _roots = [path, .. set.Folders.Select(folder => Path.Combine(path, folder)).Where(Directory.Exists)];
    }

    /// <summary>What was told of.</summary>
    public IReadOnlyList<string> Notices => _notices;

    /// <summary>The folder that is given, and those in it that the set's archive unpacks to.</summary>
    public IReadOnlyList<string> Roots => _roots;

    /// <summary>Tells of what is other than published.</summary>
    /// <param name="notice">A sentence without its end, which the set's name goes before.</param>
    public void Tell(string notice) => _notices.Add(notice);

    /// <summary>The first of these files that exists.</summary>
    /// <param name="names">Relative paths with slashes.</param>
    /// <exception cref="ClipException">None does.</exception>
    public string File(params string[] names) => FindFile(names) ?? throw Lacks("file", names);

    /// <summary>The first of these files that exists; null where none does.</summary>
    public string? FindFile(params string[] names) => Places(names).FirstOrDefault(System.IO.File.Exists);

    /// <summary>The first of these folders that exists.</summary>
    /// <exception cref="ClipException">None does.</exception>
    public string Folder(params string[] names) => FindFolder(names) ?? throw Lacks("folder", names);

    /// <summary>The first of these folders that exists; null where none does.</summary>
    public string? FindFolder(params string[] names) => Places(names).FirstOrDefault(Directory.Exists);

    /// <summary>The lines of a file that say something, trimmed.</summary>
    public static IReadOnlyList<string> Lines(string file) =>
        [.. TextFile.ReadLines(file).Select(line => line.Trim()).Where(line => line.Length > 0)];

    /// <summary>The error of a line that does not read.</summary>
    public static ClipException BadLine(string file, string line, string expected) =>
        new($"{file} has the line '{(line.Length > 80 ? line[..80] + "…" : line)}', which is not {expected}; get the file again.");

    /// <summary>Checks that all pictures which a list names are there.</summary>
    /// <param name="list">The file that names them.</param>
    /// <param name="pictures">Their files.</param>
    /// <exception cref="ClipException">One is not.</exception>
    public void RequireAll(string list, IEnumerable<string> pictures)
    {
        var missing = pictures.Where(picture => !System.IO.File.Exists(picture)).ToArray();
        if (missing.Length > 0)
            throw new ClipException(
                $"{missing[0]}{Others(missing.Length - 1)} is listed in {list} and is not there; unpack {_set.Title} again.");
    }

    /// <summary>Tells of files that no list names.</summary>
    /// <param name="folder">Where all files are listed.</param>
    /// <param name="listed">Those that are.</param>
    public void TellSurplus(string folder, IEnumerable<string> listed)
    {
        var known = listed.Select(FileIdentity.Of).ToHashSet(FileIdentity.Comparer);
        TellSurplus([.. Under(folder).Where(file => !known.Contains(FileIdentity.Of(file))).Order(StringComparer.Ordinal)]);
    }

    /// <summary>The pictures of a folder with a folder for each class, by class and name; what is no picture is told of.</summary>
    /// <param name="folder">The classes' folder.</param>
    public IReadOnlyList<(string Class, string File)> InClasses(string folder)
    {
        var found = new List<(string, string)>();
        var surplus = new List<string>();
        foreach (var place in ClassFolders(folder))
        {
            var before = found.Count;
            foreach (var file in Under(place).Order(StringComparer.Ordinal))
            {
                if (PictureFiles.IsPicture(file)) found.Add((Path.GetFileName(place), file));
                else surplus.Add(file);
            }

            if (found.Count == before) Tell($"its class folder {place} has no pictures");
        }

        TellSurplus(surplus);
        return found;
    }

    /// <summary>The class folders in a folder, by name.</summary>
    public static IReadOnlyList<string> ClassFolders(string folder) =>
        [.. Directory.EnumerateDirectories(folder).Where(place => !PictureFiles.IsHidden(Path.GetFileName(place)))
            .Order(StringComparer.Ordinal)];

    /// <summary>The error of something that is expected and absent.</summary>
    public ClipException Lacks(string kind, params string[] names) => new(
        $"{_set.Title} in '{_path}' lacks the {kind} {string.Join(" or ", names.Where(name => name.Length > 0))}; it takes {_set.Layout}");

    private void TellSurplus(List<string> files)
    {
        if (files.Count > 0) Tell($"{files[0]}{Others(files.Count - 1)} lies among its pictures and is none of them");
    }

    private static string Others(int more) => more == 0 ? "" : FormattableString.Invariant($" (and {more:N0} more)");

    private static IEnumerable<string> Under(string folder) => PictureFiles.Folders(folder)
        .SelectMany(Directory.EnumerateFiles).Where(file => !PictureFiles.IsHidden(Path.GetFileName(file)));

    private IEnumerable<string> Places(string[] names) => names.SelectMany(name => _roots.Select(root => Path.Combine(root, name)));
}
