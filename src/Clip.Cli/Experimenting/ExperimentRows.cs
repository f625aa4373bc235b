using Clip.Data;
using Clip.Data.Sources;
using Clip.Evaluation;
using Microsoft.ML;
using Microsoft.ML.Clip.Experiments.Generation;
using Microsoft.ML.Data;

namespace Clip.Cli.Experimenting;

/// <summary>The rows that an experiment is made with, and the columns that they have.</summary>
internal sealed class ExperimentRows
{
    private readonly IReadOnlyList<Row> _rows;

    private ExperimentRows(IReadOnlyList<Row> rows) => _rows = rows;

    /// <summary>The column of labels.</summary>
    public required GeneratedColumn Label { get; init; }

    /// <summary>The column of pictures' paths; null where there is none.</summary>
    public GeneratedColumn? Image { get; init; }

    /// <summary>The column of texts; null where there is none.</summary>
    public GeneratedColumn? Text { get; init; }

    /// <summary>The column of groups; null where there is none.</summary>
    public GeneratedColumn? Group { get; init; }

    /// <summary>What separates the table's cells; null where the data is a folder.</summary>
    public char? Separator { get; init; }

    /// <summary>Whether a cell in quotes may hold separators.</summary>
    public bool Quotes { get; init; }

    /// <summary>Reads a folder with a folder a label, or a table.</summary>
    /// <param name="path">Either.</param>
    /// <param name="names">The columns' names; of a folder, those of the pipeline's.</param>
    /// <param name="layout">The table's separator, quotes and encoding.</param>
    /// <exception cref="ClipException">There is no such thing, a column is not there, or a row lacks its label.</exception>
    public static ExperimentRows Read(string path, ExperimentColumns names, CaptionTableOptions layout)
    {
        if (!Directory.Exists(path)) return ReadTable(path, names, layout);
        if (names.Text is not null || names.Group is not null)
            throw new ClipException(
                $"{path} is a folder with a folder for each label, which has neither texts nor groups; give a table with these columns.");
        return new ExperimentRows(
        [
            .. LabeledSet.ReadImages(path, layout)
                .Select(image => new Row { Image = Path.GetFullPath(image.ImagePath), Label = image.Class }),
        ])
        {
            Label = new GeneratedColumn(names.Label, null),
            Image = new GeneratedColumn(names.Image ?? ExperimentColumns.DefaultImage, null),
        };
    }

    /// <summary>As a pipeline takes them, by the columns' names.</summary>
    public IDataView View(MLContext ml)
    {
        var schema = SchemaDefinition.Create(typeof(Row));
        foreach (var (property, column) in new[]
                 {
                     (nameof(Row.Image), Image), (nameof(Row.Text), Text), (nameof(Row.Group), Group),
                     (nameof(Row.Label), (GeneratedColumn?)Label),
                 })
        {
            if (column is null) schema.Remove(schema[property]);
            else schema[property].ColumnName = column.Name;
        }

        return ml.Data.LoadFromEnumerable(_rows, schema);
    }

    private static ExperimentRows ReadTable(string path, ExperimentColumns names, CaptionTableOptions layout)
    {
        if (!File.Exists(path))
            throw new ClipException($"There is no data '{path}'; give a folder with a folder of pictures for each label, or a table.");
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        using var lines = TableRows.Read(path, layout).Where(row => row.Cells.Any(cell => cell.Length > 0)).GetEnumerator();
        if (!lines.MoveNext()) throw new ClipException($"{path} is empty; its first line must name the columns.");
        var header = lines.Current.Cells;
        // A table of texts needs no pictures, but one that has them is not read without.
        var image = names.Image is { } named ? Column(named)
            : names.Text is null || header.Contains(ExperimentColumns.DefaultImage) ? Column(ExperimentColumns.DefaultImage) : null;
        var (label, text, group) = (
            Column(names.Label), names.Text is null ? null : Column(names.Text), names.Group is null ? null : Column(names.Group));
        var rows = new List<Row>();
        while (lines.MoveNext())
        {
            var (line, cells) = lines.Current;
            if (cells.Length > header.Length)
                throw new ClipException(
                    $"{path}, line {line}: there are {cells.Length} cells where the header has {header.Length}; quote cells that "
                    + "hold the separator.");
            rows.Add(new Row
            {
                Image = image is null ? "" : CaptionTable.Place(folder, Cell(image, "path")),
                Text = text is null ? "" : Cell(text, "text"),
                Group = group is null ? "" : Cell(group, "group"),
                Label = Cell(label, "label"),
            });

            string Cell(GeneratedColumn column, string what) =>
                column.Index!.Value < cells.Length && cells[column.Index.Value].Length > 0
                    ? cells[column.Index.Value]
                    : throw new ClipException(
                        $"{path}, line {line}: the {what} in column '{column.Name}' is empty; mend the row or leave it out.");
        }

        if (rows.Count == 0) throw new ClipException($"{path} has no rows below its header; add some.");
        return new ExperimentRows(rows)
        {
            Label = label,
            Image = image,
            Text = text,
            Group = group,
            Separator = layout.Separator,
            Quotes = layout.Quotes,
        };

        GeneratedColumn Column(string name)
        {
            var index = Array.IndexOf(header, name);
            if (index < 0)
                throw new ClipException(
                    $"{path} has no column '{name}' (it has {string.Join(", ", header)}); name its columns with --image-column, "
                    + "--text-column, --label-column and --group-column, and its separator with --csv-separator.");
            return Array.LastIndexOf(header, name) == index
                ? new GeneratedColumn(name, index)
                : throw new ClipException($"{path} has two columns '{name}', and which is meant is not known; rename one in the header.");
        }
    }

    private sealed class Row
    {
        public string Image { get; set; } = "";

        public string Text { get; set; } = "";

        public string Group { get; set; } = "";

        public string Label { get; set; } = "";
    }
}

/// <summary>The names of the columns of an experiment's data.</summary>
/// <param name="Label">Of labels.</param>
/// <param name="Image">Of pictures' paths; null for the default's where there are pictures.</param>
/// <param name="Text">Of texts; null for none.</param>
/// <param name="Group">Of groups; null for none.</param>
internal sealed record ExperimentColumns(string Label, string? Image, string? Text, string? Group)
{
    /// <summary>open_clip's name of the column of paths.</summary>
    public const string DefaultImage = "filepath";
}
