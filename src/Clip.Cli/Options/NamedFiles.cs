using Clip.Trainer;

namespace Clip.Cli.Options;

/// <summary>Options that are given as <c>NAME=PATH</c>, or as <c>PATH</c> alone.</summary>
internal static class NamedFiles
{
    /// <summary>A name and a path; the name is the file's own where none is given.</summary>
    public static (string Name, string Path) Named(string value)
    {
        var (name, path) = Split(value);
        return (name ?? System.IO.Path.GetFileNameWithoutExtension(System.IO.Path.TrimEndingDirectorySeparator(path)), path);
    }

    /// <summary>The path that is given for a name, or for all; null where there is none.</summary>
    /// <exception cref="ClipException">Two are given for the name.</exception>
    public static string? For(string[] values, string name, string option)
    {
        var given = values.Select(Split).ToArray();
        var matching = given.Where(v => v.Name == name).ToArray();
        if (matching.Length == 0) matching = [.. given.Where(v => v.Name is null)];
        return matching switch
        {
            [] => null,
            [var one] => one.Path,
            _ => throw new ClipException($"{option} is given twice for {name}; give it once, as {name}=PATH."),
        };
    }

    /// <summary>Whether a value has a name.</summary>
    public static bool HasName(string value) => Split(value).Name is not null;

    /// <summary>The names that values have.</summary>
    public static IEnumerable<string> Names(string[] values) => values.Select(value => Split(value).Name).OfType<string>();

    /// <summary>Parts a value into its name and its path; the name is null where there is none.</summary>
    private static (string? Name, string Path) Split(string value)
    {
        var at = value.IndexOf('=', StringComparison.Ordinal);
        // What exists as it stands is a path with an equals sign in it.
        return at <= 0 || File.Exists(value) || Directory.Exists(value) ? (null, value) : (value[..at], value[(at + 1)..]);
    }
}
