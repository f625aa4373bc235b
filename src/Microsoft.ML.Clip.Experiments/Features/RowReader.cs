using Clip.Evaluation;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Experiments.Features;

/// <summary>Reads the rows of an experiment off a data view.</summary>
/// <param name="label">The column of classes: text, or a key over texts.</param>
/// <param name="image">The column of pictures: paths or files' bytes; null for none.</param>
/// <param name="options">The other columns.</param>
internal sealed class RowReader(string label, string? image, ClipExperimentOptions options)
{
    /// <summary>Reads all rows; those without a class, a picture or a text are left out, and told.</summary>
    /// <exception cref="ArgumentException">A column is absent or of another type, or there are fewer than two classes.</exception>
    public ExperimentData Read(IDataView data)
    {
        if (image is null && options.TextColumnName is null)
            throw new ArgumentException("There is neither a column of pictures nor one of texts; name one of them.", nameof(data));
        var columns = new[] { label, image, options.TextColumnName, options.GroupColumnName }.OfType<string>()
            .Distinct().Select(name => Find(data.Schema, name)).ToArray();
        var (rows, unreadable) = (new List<(string Name, string Class, string? Group, string? Text, StoredImage? Image)>(),
            new List<UnreadableRow>());
        using var cursor = data.GetRowCursor(columns);
        var getLabel = Text(cursor, label);
        var getImage = image is null ? null : Image(cursor, image);
        var getText = options.TextColumnName is { } text ? Text(cursor, text) : null;
        var getGroup = options.GroupColumnName is { } group ? Text(cursor, group) : null;
        while (cursor.MoveNext())
        {
            var picture = getImage?.Invoke();
            var (words, known) = (getText?.Invoke(), getLabel());
            var name = picture?.ImagePath ?? (image is null && words is { Length: > 0 } ? words : $"row {cursor.Position}");
            if (known.Length == 0) unreadable.Add(new(name, "It has no class."));
            else if (image is not null && picture is null) unreadable.Add(new(name, "It has no picture."));
            else if (words is { } && string.IsNullOrWhiteSpace(words)) unreadable.Add(new(name, "It has no text."));
            else rows.Add((name, known, getGroup?.Invoke() is { Length: > 0 } scene ? scene : null, words, picture));
        }

        // Sorted, so that the order of the rows decides nothing.
        string[] classes = [.. rows.Select(row => row.Class).Distinct().Order(StringComparer.Ordinal)];
        if (classes.Length < 2)
        {
            throw new ArgumentException(
                $"The column '{label}' has {(classes.Length == 0 ? "no class" : $"one class, '{classes[0]}'")}, and there is nothing to "
                + "tell apart; give rows of at least two classes.", nameof(data));
        }

        var numbers = classes.Select((name, i) => (name, i)).ToDictionary(pair => pair.name, pair => pair.i);
        return new ExperimentData(
            [.. rows.Select(row => new ExperimentRow(row.Name, numbers[row.Class], row.Group, row.Text, row.Image))], classes, unreadable);
    }

    private static DataViewSchema.Column Find(DataViewSchema schema, string name) => schema.GetColumnOrNull(name)
        ?? throw new ArgumentException(
            $"There is no column '{name}'; the columns are {string.Join(", ", schema.Select(column => column.Name))}.", nameof(schema));

    /// <summary>A column's values as texts: of texts, of keys over texts, and of numbers.</summary>
    private static Func<string> Text(DataViewRowCursor cursor, string name)
    {
        var column = cursor.Schema[name];
        switch (column.Type)
        {
            case TextDataViewType:
                var text = cursor.GetGetter<ReadOnlyMemory<char>>(column);
                return () =>
                {
                    ReadOnlyMemory<char> value = default;
                    text(ref value);
                    return value.ToString();
                };
            case KeyDataViewType when column.Type.RawType == typeof(uint)
                && column.Annotations.Schema.GetColumnOrNull("KeyValues")?.Type is VectorDataViewType { ItemType: TextDataViewType }:
                VBuffer<ReadOnlyMemory<char>> names = default;
                column.GetKeyValues(ref names);
                string[] values = ["", .. names.DenseValues().Select(value => value.ToString())];
                var key = cursor.GetGetter<uint>(column);
                return () =>
                {
                    uint value = 0;
                    key(ref value);
                    return values[value];
                };
            default:
                throw new ArgumentException(
                    $"The column '{name}' is of type {column.Type}; it must be text, or a key over texts as Conversion.MapValueToKey "
                    + "makes.");
        }
    }

    private Func<StoredImage?> Image(DataViewRowCursor cursor, string name)
    {
        var column = cursor.Schema[name];
        if (column.Type is TextDataViewType)
        {
            var path = Text(cursor, name);
            return () => path() is { Length: > 0 } file
                ? new StoredImage { ImagePath = options.ImageFolder is { } folder ? Path.Combine(folder, file) : file }
                : null;
        }

        if (column.Type is not VectorDataViewType { ItemType: NumberDataViewType } || column.Type.GetItemType().RawType != typeof(byte))
        {
            throw new ArgumentException(
                $"The column '{name}' is of type {column.Type}; it must be text (pictures' paths) or vectors of bytes (pictures' files).");
        }

        var bytes = cursor.GetGetter<VBuffer<byte>>(column);
        return () =>
        {
            VBuffer<byte> value = default;
            bytes(ref value);
            byte[] file = [.. value.DenseValues()];
            return file.Length == 0 ? null : new StoredImage { ImagePath = $"row {cursor.Position}", Content = () => file };
        };
    }
}
