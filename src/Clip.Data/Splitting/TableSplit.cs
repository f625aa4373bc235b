using System.Globalization;
using System.Text;
using Clip.Conversion.Checkpoints;
using Clip.Data.Sources;
using CsvHelper;
using CsvHelper.Configuration;

namespace Clip.Data.Splitting;

/// <summary>Divides tables of captioned images into what is trained on and what is held out, by the same choice in all of them.</summary>
/// <param name="options">Their layout.</param>
internal sealed class TableSplit(CaptionTableOptions options)
{
    /// <summary>The folder of what is held out, inside of that of the rest.</summary>
    public const string HeldOut = "held-out";

    /// <summary>The file of names in each of the two folders.</summary>
    public const string Names = "classnames.txt";

    /// <summary>
    /// Writes the tables into a folder under their own names, without what is held out, and what is held out into its folder
    /// <see cref="HeldOut"/>. All columns stay, and paths lead to the same files. Beside the tables lie the names in them.
    /// </summary>
    /// <param name="tables">The tables' paths.</param>
    /// <param name="by">What a row is held out by.</param>
    /// <param name="share">The share to hold out, of the names or of the images.</param>
    /// <param name="seed">Decides which.</param>
    /// <param name="output">The folder to make.</param>
    /// <exception cref="ClipException">
    /// A table is not sound, two have one name, nothing can be held out, or the folder holds something already.
    /// </exception>
    public SplitCounts Write(IReadOnlyList<string> tables, SplitBy by, double share, long seed, string output)
    {
        if (tables.GroupBy(Path.GetFileName).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new ClipException($"Two tables are called {twice.Key}, and would be one file; rename one.");
        var target = NewFolder.At(output);
        var read = tables.Select(Read).ToArray();
        var rows = read.SelectMany(table => table.Rows).ToArray();
        string[] keys = [.. rows.Select(row => row.Key(by)).Distinct(StringComparer.Ordinal)];
        var held = by == SplitBy.Caption
            ? NameSplit.HoldOut(keys, share, seed)
            : NameSplit.HoldOut([.. keys.Select(key => new[] { key })], share, seed);
        if (held.Count == 0 || held.Count == keys.Length)
        {
            var unit = by == SplitBy.Caption ? "names" : "images";
            throw new ClipException(string.Create(
                CultureInfo.InvariantCulture, $"Of {keys.Length} {unit} a share of {share} holds out {held.Count}; give another."));
        }

        AtomicFolder.Write(target, folder =>
        {
            Write(folder, target, read, row => !held.Contains(row.Key(by)));
            Write(Path.Combine(folder, HeldOut), Path.Combine(target, HeldOut), read, row => held.Contains(row.Key(by)));
        });
        return new SplitCounts(keys.Length, held.Count, rows.Length, rows.Count(row => held.Contains(row.Key(by))));
    }

    private Table Read(string path)
    {
        if (!File.Exists(path))
            throw new ClipException($"There is no table '{path}'; give tables of image paths and captions.");
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var lines = TableRows.Read(path, options).Where(row => row.Cells.Any(cell => cell.Length > 0)).ToArray();
        if (lines.Length == 0) throw new ClipException($"{path} is empty; its first line must name the columns.");
        var header = new TableHeader(path, lines[0].Cells, options);
        var rows = lines[1..].Select(line => header.Fault(line.Cells) is { } fault
            ? throw new ClipException(
                string.Create(CultureInfo.InvariantCulture, $"{path}, line {line.Line}: {fault}; mend the row or leave it out."))
            : new Row(line.Cells, CaptionTable.Place(folder, line.Cells[header.Image]), header.Captions(line.Cells)[0])).ToArray();
        return new Table(Path.GetFileName(path), lines[0].Cells, header.Image, rows);
    }

    private void Write(string folder, string final, IReadOnlyList<Table> tables, Func<Row, bool> belongs)
    {
        Directory.CreateDirectory(folder);
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var table in tables)
        {
            var rows = table.Rows.Where(belongs).ToArray();
            if (rows.Length == 0) continue;
            names.UnionWith(rows.Select(row => row.Name));
            using var csv = new CsvWriter(
                new StreamWriter(Path.Combine(folder, table.Name), append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)),
                new CsvConfiguration(CultureInfo.InvariantCulture)
                {
                    Delimiter = options.Separator.ToString(),
                    Mode = options.Quotes ? CsvMode.RFC4180 : CsvMode.NoEscape,
                    NewLine = "\n",
                });
            foreach (var cells in rows.Select(row => PathFrom(final, row, table.Image)).Prepend(table.Header))
            {
                foreach (var cell in cells) csv.WriteField(cell);
                csv.NextRecord();
            }
        }

        File.WriteAllLines(Path.Combine(folder, Names), names.Select(name => name.ReplaceLineEndings(" ")));
    }

    /// <summary>A row's cells where its table lies elsewhere.</summary>
    private static string[] PathFrom(string folder, Row row, int column)
    {
        var cells = row.Cells.ToArray();
        if (!Path.IsPathRooted(cells[column]))
            cells[column] = Path.GetRelativePath(folder, Path.GetFullPath(row.Path)).Replace('\\', '/');
        return cells;
    }

    private sealed record Table(string Name, string[] Header, int Image, IReadOnlyList<Row> Rows);

    private sealed record Row(string[] Cells, string Path, string Name)
    {
        public string Key(SplitBy by) => by == SplitBy.Caption ? Name : FileIdentity.Of(Path);
    }
}

/// <summary>What rows are held out by.</summary>
internal enum SplitBy
{
    /// <summary>The first caption, as a name: no row that is trained on has it, nor one that contains it or is contained in it.</summary>
    Caption,

    /// <summary>The image.</summary>
    Image,
}

/// <summary>What a split came to.</summary>
/// <param name="Keys">Names or images there are.</param>
/// <param name="HeldOutKeys">Those held out.</param>
/// <param name="Rows">Rows of all tables.</param>
/// <param name="HeldOutRows">Those held out.</param>
internal sealed record SplitCounts(int Keys, int HeldOutKeys, int Rows, int HeldOutRows);
