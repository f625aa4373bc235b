using System.Globalization;
using System.Text.RegularExpressions;

namespace Clip.Data.Sources;

/// <summary>
/// Names of many files in one, as webdataset's braceexpand writes them: <c>{00000..00099}</c>, <c>{0..10..2}</c> and <c>{a,b}</c>.
/// </summary>
internal static partial class ShardPattern
{
    /// <summary>More than any data set has; each takes a look at the disk.</summary>
    private const int MostFiles = 1_000_000;

    /// <summary>The files a pattern names, or those of a folder that end as asked.</summary>
    /// <param name="pattern">A file, a pattern, or a folder.</param>
    /// <param name="extension">How a folder's files end, such as <c>.tar</c>.</param>
    /// <exception cref="ClipException">A file is absent, the folder has none, or the pattern names too many.</exception>
    public static IReadOnlyList<string> Files(string pattern, string extension)
    {
        if (Directory.Exists(pattern))
        {
            var found = PictureFiles.Files(pattern, extension);
            return found.Length > 0
                ? found
                : throw new ClipException(
                    $"The folder '{pattern}' has no {extension} files; give one that has, "
                    + $"or a pattern such as shards/{{00000..00099}}{extension}.");
        }

        if (Address().IsMatch(pattern))
            throw new ClipException(
                $"'{pattern}' is an address or a command, and data are read in any order from files; "
                + "download them, or give named pipes with `Pipes`.");
        var files = new List<string>();
        foreach (var file in Expand(pattern))
        {
            if (!File.Exists(file))
                throw new ClipException($"There is no data file '{file}' (of '{pattern}'); give the numbers that are there.");
            files.Add(file);
        }

        return files;
    }

    /// <summary>All names, in the pattern's order.</summary>
    /// <exception cref="ClipException">They are too many.</exception>
    public static IEnumerable<string> Expand(string pattern)
    {
        var count = 1L;
        foreach (Match match in Braces().Matches(pattern))
        {
            count = Math.Min(long.MaxValue / MostFiles, Count(match.Groups[1].Value)) * count;
            if (count > MostFiles)
                throw new ClipException($"'{pattern}' names more than {MostFiles:N0} files; give the numbers that are there.");
        }

        return ExpandBraces(pattern);
    }

    private static IEnumerable<string> ExpandBraces(string pattern)
    {
        if (Braces().Match(pattern) is not { Success: true } match) return [pattern];
        var (before, after) = (pattern[..match.Index], pattern[(match.Index + match.Length)..]);
        return Alternatives(match.Groups[1].Value).SelectMany(text => ExpandBraces(after), (text, rest) => before + text + rest);
    }

    private static long Count(string inside) =>
        Bounds(inside) is var (from, to, step, _) ? (Math.Abs(to - from) / step) + 1 : inside.Split(',').Length;

    private static IEnumerable<string> Alternatives(string inside)
    {
        if (Bounds(inside) is not var (from, to, step, width)) return inside.Split(',');
        var sign = from <= to ? step : -step;
        return Enumerable.Range(0, (int)Count(inside))
            .Select(i => (from + (i * sign)).ToString(CultureInfo.InvariantCulture).PadLeft(width, '0'));
    }

    private static (long From, long To, long Step, int Width)? Bounds(string inside)
    {
        if (Range().Match(inside) is not { Success: true } range) return null;
        var (first, last) = (range.Groups[1].Value, range.Groups[2].Value);
        // Leading zeros mean that all have as many digits; a nought alone is none.
        var width = new[] { first, last }.Any(digits => digits is ['0', _, ..]) ? Math.Max(first.Length, last.Length) : 0;
        return (Number(first), Number(last), range.Groups[3].Success ? Math.Max(1, Number(range.Groups[3].Value)) : 1, width);

        static long Number(string digits) => long.Parse(digits, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"\{([^{}]*,[^{}]*|\d{1,18}\.\.\d{1,18}(?:\.\.\d{1,18})?)\}")]
    private static partial Regex Braces();

    [GeneratedRegex(@"^(\d{1,18})\.\.(\d{1,18})(?:\.\.(\d{1,18}))?$")]
    private static partial Regex Range();

    [GeneratedRegex(@"^(?:pipe:|[a-z][a-z0-9+.-]+://)")]
    private static partial Regex Address();
}
