using Clip.Data.Sources;

namespace Clip.Cli.Options;

/// <summary>Pictures as people name them: files, folders, and patterns that the shell has left as they are.</summary>
internal static class PicturePaths
{
    public const string Description = "Pictures: files, folders with pictures in them or deeper, or patterns such as 'photos/**/*.jpg'.";

    /// <summary>The pictures' files, in the order given, and by name within a folder or pattern.</summary>
    /// <exception cref="ClipException">One does not exist, or a folder or pattern has no pictures.</exception>
    public static string[] Expand(IEnumerable<string> given) => [.. given.SelectMany(One)];

    private static IReadOnlyList<string> One(string path)
    {
        // A file is taken whatever it is: what is no picture is told by who reads it.
        if (File.Exists(path)) return [path];
        if (Directory.Exists(path)) return PictureFiles.In(path);
        if (!PicturePattern.IsOne(path))
            throw new ClipException($"The picture '{path}' does not exist; give a file, a folder or a pattern such as photos/*.jpg.");
        var found = PicturePattern.Files(path);
        return found.Count > 0
            ? found
            : throw new ClipException($"No picture matches '{path}'; mind that * does not look into folders, as ** does.");
    }
}
