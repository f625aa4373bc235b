namespace Clip.Data;

/// <summary>Where the columns of a table are.</summary>
internal sealed class TableHeader
{
    private static readonly (char Separator, string Name, string Value)[] Separators =
        [('\t', "tabs", "tab"), (',', "commas", ","), (';', "semicolons", "\";\""), ('|', "bars", "\"|\"")];

    private readonly string[] _header;
    private readonly int[] _captions;
    private readonly char _separator;

    /// <exception cref="ClipException">A column is absent or there twice.</exception>
    public TableHeader(string path, string[] header, CaptionTableOptions options)
    {
        (_header, _separator) = (header, options.Separator);
        if (header.Any(cell => cell.Contains('\0')))
            throw new ClipException(
                $"{path} is not a text file in UTF-8; give a table of image paths and captions, "
                + "or name its encoding with `CaptionTableOptions.Encoding`.");
        Image = Column(options.ImageKey);
        _captions = [.. options.CaptionKeys.Distinct(StringComparer.Ordinal).Select(Column)];

        int Column(string key)
        {
            var index = Array.IndexOf(header, key);
            if (index < 0) throw Lacks(path, key);
            return Array.LastIndexOf(header, key) == index
                ? index
                : throw new ClipException($"{path} has two columns '{key}', and which is meant is not known; rename one in the header.");
        }
    }

    /// <summary>The column of paths.</summary>
    public int Image { get; }

    /// <summary>The captions of a row without a fault.</summary>
    public string[] Captions(string[] cells) => [.. _captions.Where(c => c < cells.Length).Select(c => cells[c].Trim())
        .Where(c => c.Length > 0).Distinct(StringComparer.Ordinal)];

    /// <summary>What is wrong with a row; null for nothing.</summary>
    public string? Fault(string[] cells)
    {
        var count = Array.FindLastIndex(cells, cell => cell.Length > 0) + 1;
        if (count > _header.Length)
            return $"there are {cells.Length} cells where the header has {_header.Length}, so it is cut by a separator inside of a cell "
                + $"(cells are separated by {Name(_separator)}, and those that hold one are quoted)";
        if (Image >= cells.Length || _captions.All(c => c >= cells.Length))
            return $"there are {cells.Length} cells where the header has {_header.Length}, separated by {Name(_separator)}";
        if (cells[Image].Length == 0) return "the path is empty";
        if (cells[Image].Contains('\0')) return "the path holds a NUL character";
        return Captions(cells).Length == 0 ? "the caption is empty" : null;
    }

    private ClipException Lacks(string path, string key)
    {
        var line = string.Join(_separator, _header);
        var other = Separators.FirstOrDefault(s => s.Separator != _separator && line.Contains(s.Separator)
            && (_header.Length == 1 || line.Split(s.Separator).Any(cell => cell.Trim(' ', '"') == key)));
        return new ClipException(
            other.Name is not null
                ? $"{path} has cells separated by {other.Name}, not by {Name(_separator)} (its header is '{line}'); "
                    + $"give `CaptionTableOptions.Separator` {other.Value}."
                : $"{path} has no column '{key}' (it has {string.Join(", ", _header)}); "
                    + "name its columns with `CaptionTableOptions.ImageKey` and `CaptionTableOptions.CaptionKeys`.");
    }

    private static string Name(char separator) =>
        Separators.FirstOrDefault(s => s.Separator == separator).Name ?? $"'{separator}'";
}
