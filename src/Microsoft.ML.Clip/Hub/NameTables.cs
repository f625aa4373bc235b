using System.Globalization;

namespace Microsoft.ML.Clip.Hub;

/// <summary>open_clip's names of pretrained weights, and the repositories they are in; see <c>Data/make-open-clip.py</c>.</summary>
internal static class OpenClipTable
{
    private static readonly (string Architecture, string Tag, string Repository)[] Rows =
        [.. NameTable.Read("open-clip.tsv").Select(row => (row[0], row[1], row[2]))];

    public static string? Find(string architecture, string tag)
    {
        // So open_clip reads tags.
        var clean = tag.ToLowerInvariant().Replace('-', '_');
        return Rows.FirstOrDefault(row => row.Architecture.Equals(architecture, StringComparison.OrdinalIgnoreCase) && row.Tag == clean)
            .Repository;
    }

    public static string[] Tags(string architecture) =>
        [.. Rows.Where(row => row.Architecture.Equals(architecture, StringComparison.OrdinalIgnoreCase)).Select(row => row.Tag)];
}

/// <summary>The models known by a short name; where each fact is from stands in <c>Data/known-models.tsv</c>.</summary>
internal static class KnownModelTable
{
    public static readonly IReadOnlyList<ClipHubModel> All =
    [
        .. NameTable.Read("known-models.tsv").Select(row => new ClipHubModel(
            row[0], row[1], row[2] == "convert", Number(row[3]), (int?)Number(row[4]), (int?)Number(row[5]), Number(row[6]), Text(row[7]),
            Text(row[8]))),
    ];

    private static double? Number(string cell) => cell.Length == 0 ? null : double.Parse(cell, CultureInfo.InvariantCulture);

    private static string? Text(string cell) => cell.Length == 0 ? null : cell;
}

/// <summary>Tables that come with the library: a line a row, cells parted by tabs, <c>#</c> before remarks.</summary>
internal static class NameTable
{
    public static IEnumerable<string[]> Read(string name)
    {
        using var stream = typeof(NameTable).Assembly.GetManifestResourceStream($"Microsoft.ML.Clip.Hub.Data.{name}")
            ?? throw new InvalidOperationException($"The assembly lacks its table {name}.");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#') yield return line.Split('\t');
        }
    }
}
