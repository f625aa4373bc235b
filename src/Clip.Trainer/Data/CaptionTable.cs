namespace Clip.Trainer.Data;

/// <summary>An image and what may be said of it.</summary>
/// <param name="Path">The image file.</param>
/// <param name="Captions">At least one caption; training draws one each epoch.</param>
public sealed record CaptionedImage(string Path, IReadOnlyList<string> Captions);

/// <summary>How a table of image paths and captions is laid out; the defaults are open_clip's.</summary>
public sealed record CaptionTableOptions
{
    /// <summary>What stands between two cells. With any but a tab, cells may be quoted as RFC 4180 has it.</summary>
    public char Separator { get; init; } = '\t';

    /// <summary>The header of the column with the image's path, relative to the table's own folder.</summary>
    public string ImageKey { get; init; } = "filepath";

    /// <summary>The headers of the columns with captions; empty cells are left out.</summary>
    public IReadOnlyList<string> CaptionKeys { get; init; } = ["title"];
}

/// <summary>Reads tables of image paths and captions: a header line, then a row an image.</summary>
public static class CaptionTable
{
    /// <summary>Reads a whole table.</summary>
    /// <param name="path">A text file in UTF-8.</param>
    /// <param name="options">Its layout; null for the defaults.</param>
    /// <exception cref="ClipException">The file is absent or empty, lacks a column, or a row has too few cells.</exception>
    public static IReadOnlyList<CaptionedImage> Read(string path, CaptionTableOptions? options = null)
    {
        options ??= new CaptionTableOptions();
        if (!File.Exists(path))
            throw new ClipException(
                $"There is no data file '{path}'; give the path of a table with the columns "
                + $"{options.ImageKey} and {string.Join(", ", options.CaptionKeys)}.");
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        using var text = new StreamReader(path);
        using var lines = DelimitedText.Read(path, text, options.Separator).GetEnumerator();
        if (!lines.MoveNext()) throw new ClipException($"{path} is empty; its first line must name the columns.");

        var header = lines.Current.Cells;
        if (header.Any(cell => cell.AsSpan().ContainsAny('\0', '\uFFFD')))
            throw new ClipException($"{path} is not a text file in UTF-8; give a table of image paths and captions.");
        var image = Column(options.ImageKey);
        var captions = options.CaptionKeys.Select(Column).ToArray();
        var most = Math.Max(image, captions.Max());
        var rows = new List<CaptionedImage>();
        while (lines.MoveNext())
        {
            var (line, cells) = lines.Current;
            if (cells is [""]) continue;
            if (cells.Length <= most)
                throw new ClipException(
                    $"{path}, line {line}: there are {cells.Length} cells where the header has {header.Length}; "
                    + $"check the separator ({Name(options.Separator)}).");
            var texts = captions.Select(c => cells[c].Trim()).Where(c => c.Length > 0).ToArray();
            if (texts.Length == 0) throw new ClipException($"{path}, line {line}: the caption is empty; fill it in or leave the row out.");
            rows.Add(new CaptionedImage(Path.Combine(folder, cells[image]), texts));
        }

        return rows.Count > 0 ? rows : throw new ClipException($"{path} has no rows below its header; add image paths and captions.");

        int Column(string key)
        {
            var index = Array.IndexOf(header, key);
            return index >= 0
                ? index
                : throw new ClipException(
                    $"{path} has no column '{key}' (it has {string.Join(", ", header)}); "
                    + "name its columns with `CaptionTableOptions.ImageKey` and `CaptionTableOptions.CaptionKeys`.");
        }
    }

    private static string Name(char separator) => separator == '\t' ? "a tab" : $"'{separator}'";
}
