using Clip.Trainer;
using Clip.Trainer.Data;

namespace Clip.Cli.Options;

/// <summary>Text files with one entry a line: labels, templates.</summary>
internal static class LineFile
{
    /// <summary>The lines that are not blank.</summary>
    /// <exception cref="ClipException">The file is absent or holds nothing.</exception>
    public static string[] Read(string path, string option)
    {
        if (!File.Exists(path)) throw new ClipException($"There is no file '{path}'; {option} takes a text file with an entry a line.");
        if (new FileInfo(path) is { Length: 0, LinkTarget: null })
            throw new ClipException($"{path} is empty, or a pipe or a device; {option} takes a text file with an entry a line.");
        var lines = TextFile.ReadLines(path).Select(line => line.Trim()).Where(line => line.Length > 0).ToArray();
        return lines.Length > 0 ? lines : throw new ClipException($"{path} is empty; {option} takes a text file with an entry a line.");
    }
}
