using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Files;
using Microsoft.ML.Clip.Imaging;

namespace Clip.Data.Sources;

/// <summary>
/// The one rule of what is a picture and what a class, wherever folders and archives are read: what systems and programs leave behind is
/// neither, a class's pictures may lie deeper in its folder, and an underscore in its name is a blank.
/// </summary>
internal static class PictureFiles
{
    /// <summary>The endings of pictures, without a dot, the usual ones first: where a record has several, the first counts.</summary>
    public static readonly IReadOnlyList<string> Endings = ["jpg", "png", "jpeg", "webp", "gif", "bmp", "jfif", "jpe"];

    /// <summary>Names of what macOS, Windows, Linux and storage boxes leave behind, beside those with a dot before.</summary>
    private static readonly HashSet<string> LeftBehind = new(StringComparer.OrdinalIgnoreCase)
    {
        "__MACOSX", "Icon\r", "Thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "$RECYCLE.BIN", "System Volume Information",
        "lost+found", "@eaDir", "@__thumb", "@Recycle", "#recycle", "#snapshot", "__pycache__",
    };

    /// <summary>What is a picture whatever its name, without a doubt.</summary>
    private static readonly FileFormat[] Formats =
    [
        FileFormat.Jpeg, FileFormat.Png, FileFormat.Gif, FileFormat.WebP, FileFormat.Bmp, FileFormat.Tiff, FileFormat.Jpeg2000,
        FileFormat.JpegXl, FileFormat.Heic, FileFormat.Avif,
    ];

    /// <summary>Whether a file or folder is hidden, or left behind by a system.</summary>
    /// <param name="name">Its name without its folder.</param>
    public static bool IsHidden(string name) => (name.StartsWith('.') && name is not ("." or "..")) || LeftBehind.Contains(name);

    /// <summary>Whether any part of a path in an archive is hidden.</summary>
    public static bool IsHiddenMember(string path) => path.Split('/', '\\').Any(IsHidden);

    /// <summary>A class's name, of its folder's.</summary>
    public static string ClassName(string folder) => folder.Replace('_', ' ').Trim();

    /// <summary>The pictures in a folder of folders, by class and name.</summary>
    /// <exception cref="ClipException">There are no class folders with pictures.</exception>
    public static IReadOnlyList<(string Class, string File)> InClasses(string root)
    {
        if (!Directory.Exists(root))
            throw new ClipException($"There is no folder '{root}'; give one with a folder of pictures for each class.");
        var found = Directory.EnumerateDirectories(root).Where(folder => !IsHidden(Path.GetFileName(folder))).Order(StringComparer.Ordinal)
            .SelectMany(folder => Under(folder, Real(root)).Where(IsPicture).Order(StringComparer.Ordinal)
                .Select(file => (ClassName(Path.GetFileName(folder)), file)))
            .ToArray();
        return found.Length > 0
            ? found
            : throw new ClipException(
                $"The folder '{root}' has no folders with images; it takes one for each class, as {Path.Combine(root, "dog", "rex.jpg")}.");
    }

    /// <summary>The pictures in a folder or deeper, by name.</summary>
    /// <exception cref="ClipException">There are none.</exception>
    public static IReadOnlyList<string> In(string folder)
    {
        var found = Under(folder).Where(IsPicture).Order(StringComparer.Ordinal).ToArray();
        return found.Length > 0 ? found : throw new ClipException($"The folder '{folder}' has no pictures; give one that has.");
    }

    /// <summary>Files of a folder with an ending, without the hidden ones.</summary>
    public static string[] Files(string folder, string extension) =>
        [.. Directory.EnumerateFiles(folder, $"*{extension}").Where(f => !IsHidden(Path.GetFileName(f))).Order(StringComparer.Ordinal)];

    /// <summary>Whether bytes begin a picture's file, whatever its name.</summary>
    public static bool IsPicture(ReadOnlySpan<byte> start) => FileFormat.Find(start) is { } format && Formats.Contains(format);

    /// <summary>Whether a file that exists is a picture: by its name's end, or else by its first bytes.</summary>
    public static bool IsPicture(string file)
    {
        if (Path.GetExtension(file) is ['.', .. var ending] && Endings.Contains(ending, StringComparer.OrdinalIgnoreCase)) return true;
        if (new FileInfo(file) is not { Exists: true, Length: > 0 }) return false; // also a pipe, which would be waited for
        using var opened = File.OpenHandle(file);
        Span<byte> start = stackalloc byte[FileFormat.HeaderLength];
        return IsPicture(start[..RandomAccess.Read(opened, start, 0)]);
    }

    /// <summary>A folder and those in it or deeper; links are followed, but never into a folder that is being looked through.</summary>
    public static IEnumerable<string> Folders(string folder) => Folders(folder, []);

    /// <summary>All files in a folder or deeper.</summary>
    private static IEnumerable<string> Under(string folder, params string[] above) => Folders(folder, above)
        .SelectMany(place => Directory.EnumerateFiles(place).Where(f => !IsHidden(Path.GetFileName(f))));

    private static IEnumerable<string> Folders(string folder, IReadOnlyList<string> above)
    {
        var real = Real(folder);
        if (above.Contains(real)) yield break;
        yield return folder;
        foreach (var deeper in Directory.EnumerateDirectories(folder).Where(f => !IsHidden(Path.GetFileName(f))))
        {
            foreach (var place in Folders(deeper, [.. above, real])) yield return place;
        }
    }

    private static string Real(string folder) => Path.TrimEndingDirectorySeparator(
        Directory.ResolveLinkTarget(folder, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(folder));
}
