using Clip.Data;
using Clip.Trainer;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Files;

namespace Clip.Cli.Options;

/// <summary>Text files with one entry a line: labels, templates.</summary>
internal static class LineFile
{
    /// <summary>What a file of labels or templates may have; ImageNet's 21,841 names have half a megabyte.</summary>
    public const long MaxNames = 64L << 20;

    /// <summary>The lines that are not blank.</summary>
    /// <param name="path">The file, in UTF-8 or as its byte order mark says.</param>
    /// <param name="option">The option that named it, for errors.</param>
    /// <param name="maxBytes">The most bytes it may have.</param>
    /// <exception cref="ClipException">The file is absent, no regular file, too large, of another encoding, or holds nothing.</exception>
    public static string[] Read(string path, string option, long maxBytes = MaxNames)
    {
        if (!File.Exists(path)) throw new ClipException($"There is no file '{path}'; {option} takes a text file with one entry per line.");
        if (!RegularFile.HasContent(path))
            throw new ClipException($"{path} is empty, or a pipe or a device; {option} takes a text file with one entry per line.");
        try
        {
            RegularFile.Bounded(path, RegularFile.Length(path), maxBytes);
        }
        catch (InvalidDataException e)
        {
            throw new ClipException($"{e.Message} {option} takes a text file with one entry per line.", e);
        }

        var lines = TextFile.ReadLines(path).Select(line => line.Trim()).Where(line => line.Length > 0).ToArray();
        return lines.Length > 0 ? lines : throw new ClipException($"{path} is empty; {option} takes a text file with one entry per line.");
    }
}
