using System.Globalization;
using System.Text.Json;
using Microsoft.ML.Clip;

namespace Clip.Cli.Searching;

/// <summary>What was found, for people and for programs.</summary>
internal static class SearchReport
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>A line for a picture: its score, where it lies as seen from here, and what is said of it.</summary>
    public static string Line(ClipSearchResult result)
    {
        var caption = result.Entry.Caption is { } text ? $"  {text.Split('\n')[0]}" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{result.Score,6:F3}  {Name(result.Entry)}{caption}");
    }

    /// <summary>One JSON document.</summary>
    public static string Json(SearchQuery query, IEnumerable<ClipSearchResult> results) => JsonSerializer.Serialize(
        new
        {
            query = new
            {
                words = query.Words,
                images = query.Images,
                imageWeight = query.ImageWeight,
                without = query.Without,
                withoutWeight = query.WithoutWeight,
            },
            results = results.Select(Picture),
        },
        Indented);

    /// <summary>One JSON document of groups.</summary>
    public static string Json(IEnumerable<IReadOnlyList<ClipSearchResult>> groups) =>
        JsonSerializer.Serialize(new { groups = groups.Select(group => group.Select(Picture)) }, Indented);

    private static object Picture(ClipSearchResult result) => new
    {
        id = result.Id,
        score = result.Score,
        path = result.Entry.Path,
        size = result.Entry.Size,
        modified = result.Entry.Modified,
        caption = result.Entry.Caption,
    };

    /// <summary>A path below the current folder is told from there.</summary>
    private static string Name(ClipIndexEntry entry)
    {
        if (entry.Path is null) return entry.Id;
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, entry.Path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? entry.Path : relative;
    }
}
