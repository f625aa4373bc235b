using System.Globalization;
using System.Text.RegularExpressions;

namespace Clip.Trainer.Data.Sources;

/// <summary>Names of many files in one, as webdataset's braceexpand writes them: <c>{00000..00099}</c> and <c>{a,b}</c>.</summary>
internal static partial class ShardPattern
{
    /// <summary>The files a pattern names, or those of a folder that end as asked.</summary>
    /// <param name="pattern">A file, a pattern, or a folder.</param>
    /// <param name="extension">How a folder's files end, such as <c>.tar</c>.</param>
    /// <exception cref="ClipException">A file is absent, or the folder has none.</exception>
    public static IReadOnlyList<string> Files(string pattern, string extension)
    {
        if (Directory.Exists(pattern))
        {
            var found = Directory.GetFiles(pattern, $"*{extension}");
            Array.Sort(found, StringComparer.Ordinal);
            return found.Length > 0
                ? found
                : throw new ClipException(
                    $"The folder '{pattern}' has no {extension} files; give one that has, "
                    + $"or a pattern such as shards/{{00000..00099}}{extension}.");
        }

        var files = Expand(pattern).ToArray();
        return files.FirstOrDefault(file => !File.Exists(file)) is { } absent
            ? throw new ClipException($"There is no data file '{absent}' (of '{pattern}'); give the numbers that are there.")
            : files;
    }

    /// <summary>All names, in the pattern's order.</summary>
    public static IEnumerable<string> Expand(string pattern)
    {
        if (Braces().Match(pattern) is not { Success: true } match) return [pattern];
        var (before, after) = (pattern[..match.Index], pattern[(match.Index + match.Length)..]);
        return Alternatives(match.Groups[1].Value).SelectMany(text => Expand(after), (text, rest) => before + text + rest);
    }

    private static IEnumerable<string> Alternatives(string inside)
    {
        if (Range().Match(inside) is not { Success: true } range) return inside.Split(',');
        var (first, last) = (range.Groups[1].Value, range.Groups[2].Value);
        var (from, to) = (long.Parse(first, CultureInfo.InvariantCulture), long.Parse(last, CultureInfo.InvariantCulture));
        // Leading zeros mean that all have as many digits.
        var width = first[0] == '0' || last[0] == '0' ? Math.Max(first.Length, last.Length) : 0;
        var step = from <= to ? 1 : -1;
        return Enumerable.Range(0, checked((int)(Math.Abs(to - from) + 1)))
            .Select(i => (from + (i * step)).ToString(CultureInfo.InvariantCulture).PadLeft(width, '0'));
    }

    [GeneratedRegex(@"\{([^{}]*(?:,|\.\.)[^{}]*)\}")]
    private static partial Regex Braces();

    [GeneratedRegex(@"^(\d{1,18})\.\.(\d{1,18})$")]
    private static partial Regex Range();
}
