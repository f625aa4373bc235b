namespace Clip.Data.Sources;

/// <summary>Which paths name the same file, however they are spelled: <c>a.png</c>, <c>./a.png</c>, <c>b/../a.png</c>.</summary>
internal static class FileIdentity
{
    /// <summary>Compares what <see cref="Of"/> gives.</summary>
    public static StringComparer Comparer { get; } =
        OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

    /// <summary>A path's one spelling; nothing is looked up on the disk.</summary>
    public static string Of(string path) => path.Contains('\0') || path.Length == 0 ? path : Path.GetFullPath(path);

    /// <summary>Rows with the same picture as one with all their captions, where the first of them was.</summary>
    public static IReadOnlyList<CaptionedImage> Group(IReadOnlyList<CaptionedImage> rows)
    {
        var groups = rows.GroupBy(row => Of(row.Path), Comparer).ToArray();
        return groups.Length == rows.Count
            ? rows
            : [.. groups.Select(g => new CaptionedImage(g.First().Path, [.. g.SelectMany(row => row.Captions).Distinct()]))];
    }
}
