using System.Globalization;
using System.Text;

namespace Clip.Data;

/// <summary>An image and what may be said of it.</summary>
/// <param name="Path">The image file.</param>
/// <param name="Captions">At least one caption; training draws one each epoch.</param>
public sealed record CaptionedImage(string Path, IReadOnlyList<string> Captions);

/// <summary>How a table of image paths and captions is laid out; the defaults are open_clip's.</summary>
public sealed record CaptionTableOptions
{
    /// <summary>What stands between two cells.</summary>
    public char Separator { get; init; } = '\t';

    /// <summary>
    /// Whether a cell that begins with a quote ends with one, and may hold separators, line breaks and doubled quotes, as RFC 4180, pandas
    /// and spreadsheets have it. Otherwise quotes are text.
    /// </summary>
    public bool Quotes { get; init; } = true;

    /// <summary>What the text is in where it has no byte order mark; null for UTF-8.</summary>
    public Encoding? Encoding { get; init; }

    /// <summary>The header of the column with the image's path, relative to the table's own folder.</summary>
    public string ImageKey { get; init; } = "filepath";

    /// <summary>The headers of the columns with captions; empty cells are left out. None reads images alone.</summary>
    public IReadOnlyList<string> CaptionKeys { get; init; } = ["title"];
}

/// <summary>Reads tables of image paths and captions: a header line, then a row an image.</summary>
public static class CaptionTable
{
    /// <summary>Reads a whole table.</summary>
    /// <param name="path">A text file.</param>
    /// <param name="options">Its layout; null for the defaults.</param>
    /// <param name="onBad">
    /// Told of each row that cannot be used, with its place and the reason: it is left out. Without it such a row is an exception.
    /// </param>
    /// <exception cref="ClipException">
    /// The file is absent or empty, is not in its encoding, lacks a column, or has one twice; a quoted cell does not end, or no row can be
    /// used.
    /// </exception>
    public static IReadOnlyList<CaptionedImage> Read(
        string path, CaptionTableOptions? options = null, Action<string, string>? onBad = null)
    {
        options ??= new CaptionTableOptions();
        if (!File.Exists(path))
            throw new ClipException(
                $"There is no data file '{path}'; give the path of a table with the columns "
                + $"{options.ImageKey} and {string.Join(", ", options.CaptionKeys)}.");
        if (new FileInfo(path) is { Length: 0, LinkTarget: null })
            throw new ClipException($"{path} is empty, or a pipe or a device; give a table whose first line names the columns.");
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        using var lines = TableRows.Read(path, options).Where(row => row.Cells.Any(cell => cell.Length > 0)).GetEnumerator();
        if (!lines.MoveNext()) throw new ClipException($"{path} is empty; its first line must name the columns.");

        var header = new TableHeader(path, lines.Current.Cells, options);
        var rows = new List<CaptionedImage>();
        var firstBad = "";
        while (lines.MoveNext())
        {
            var (line, cells) = lines.Current;
            if (header.Fault(cells) is { } fault) Bad(line, fault);
            else rows.Add(new CaptionedImage(Place(folder, cells[header.Image]), header.Captions(cells)));
        }

        return rows.Count > 0
            ? rows
            : throw new ClipException($"{path} has no rows below its header that can be used{firstBad}; add image paths and captions.");

        void Bad(int line, string fault)
        {
            var place = string.Create(CultureInfo.InvariantCulture, $"{path}, line {line}");
            if (onBad is null) throw new ClipException($"{place}: {fault}; mend the row or leave it out.");
            if (firstBad.Length == 0) firstBad = $" (line {line}: {fault})";
            onBad(place, fault);
        }
    }

    /// <summary>Tables from Windows have its separators; a file whose name holds one counts first.</summary>
    internal static string Place(string folder, string cell)
    {
        var path = Path.Combine(folder, cell);
        return Path.DirectorySeparatorChar == '/' && cell.Contains('\\') && !File.Exists(path)
            ? Path.Combine(folder, cell.Replace('\\', '/'))
            : path;
    }
}
