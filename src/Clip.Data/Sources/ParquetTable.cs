using System.Globalization;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Files;
using Parquet;
using Parquet.Data;
using Parquet.Schema;

namespace Clip.Data.Sources;

/// <summary>A Parquet file and its columns of images and captions.</summary>
internal sealed class ParquetTable : IDisposable
{
    private static readonly string[] ImageKeys = ["image", "jpg", "img"];
    private readonly ParquetReader _reader;
    private readonly FileStream _stream;
    private readonly Lock _gate = new();
    private readonly DataField? _bytes, _path;
    private readonly DataField[] _captions;

    private ParquetTable(string path, FileStream stream, ParquetReader reader, string? imageKey, IReadOnlyList<string>? captionKeys,
        bool classes)
    {
        (Path, _stream, _reader) = (path, stream, reader);
        var groups = Enumerable.Range(0, reader.RowGroupCount).Select(i => reader.OpenRowGroupReader(i).RowGroup);
        Groups = [.. groups.Select(g => (checked((int)g.NumRows), g.TotalByteSize))];
        var image = (imageKey is null ? ImageKeys : [imageKey]).FirstOrDefault(key => Of(key).Length > 0)
            ?? throw Lacks("image", imageKey, "`ImageKey`");
        _bytes = Of(image).FirstOrDefault(IsBytes);
        _path = Of(image).FirstOrDefault(IsText);
        var captions = captionKeys ?? JsonCaptions.DefaultKeys.Where(key => Of(key).Any(IsText)).Take(1).ToArray();
        _captions = [.. captions.Select(key => Of(key).FirstOrDefault(f => IsText(f) || (classes && IsWhole(f)))
            ?? throw Lacks("caption", key, "`CaptionKeys`"))];
        if (_captions.Length == 0) throw Lacks("caption", null, "`CaptionKeys`");
    }

    public string Path { get; }

    /// <summary>Rows and uncompressed bytes of each row group.</summary>
    public IReadOnlyList<(int Rows, long Bytes)> Groups { get; }

    /// <summary>Whether the images lie in the file rather than beside it.</summary>
    public bool HasBytes => _bytes is not null;

    /// <summary>The columns read, by name.</summary>
    public string Columns => string.Join(' ', _captions.Select(c => c.Path).Prepend((_bytes ?? _path)!.Path));

    /// <summary>The names of its columns, in their order.</summary>
    public IReadOnlyList<string> Names => [.. _reader.Schema.DataFields.Select(f => f.Path.FirstPart).OfType<string>().Distinct()];

    /// <summary>Whether a caption is a class's number.</summary>
    public bool HasNumbers => _captions.Any(IsWhole);

    /// <summary>What Hugging Face's library wrote of the columns, in JSON; null where another wrote the file.</summary>
    public string? Features => _reader.CustomMetadata is { } told && told.TryGetValue("huggingface", out var features) ? features : null;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="imageKey">The column of images; null for the usual ones.</param>
    /// <param name="captionKeys">The columns of captions; null for the usual ones.</param>
    /// <param name="classes">Whether a caption may be a class's number, which is given in digits.</param>
    /// <exception cref="InvalidDataException">It is not Parquet, or damaged.</exception>
    /// <exception cref="ClipException">It lacks a column.</exception>
    public static ParquetTable Open(string path, string? imageKey, IReadOnlyList<string>? captionKeys, bool classes = false)
    {
        var stream = RegularFile.Open(path, FileOptions.RandomAccess);
        var hasEnds = false;
        try
        {
            CheckEnds(stream);
            hasEnds = true;
            var reader = ParquetReader.CreateAsync(stream, leaveStreamOpen: true).GetAwaiter().GetResult();
            return new ParquetTable(path, stream, reader, imageKey, captionKeys, classes);
        }
        catch (Exception e)
        {
            stream.Dispose();
            if (e is ClipException || !hasEnds) throw;
            throw new InvalidDataException("it is a damaged Parquet file: what it says of its columns cannot be read", e);
        }
    }

    /// <summary>A row group, read when something of it is asked for.</summary>
    public ParquetRowGroup Load(int group) => new(
        System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!,
        Groups[group].Rows,
        () => _bytes is null ? null : Column<ReadOnlyMemory<byte>>(group, _bytes),
        () => _path is null ? null : Column<ReadOnlyMemory<char>>(group, _path),
        () => [.. _captions.Select(column => Texts(group, column))]);

    public void Dispose()
    {
        _reader.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _stream.Dispose();
    }

    /// <summary>Parquet's mark at both ends, before a library tells of what it did not find.</summary>
    private static void CheckEnds(FileStream stream)
    {
        Span<byte> start = stackalloc byte[256], first = stackalloc byte[4], last = stackalloc byte[4];
        if (RegularFile.Impostor(start[..RandomAccess.Read(stream.SafeFileHandle, start, 0)]) is { } impostor)
            throw new InvalidDataException($"it is {impostor}");
        if (stream.Length < 12) throw new InvalidDataException("it is not a Parquet file, for it is too short");
        RandomAccess.Read(stream.SafeFileHandle, first, 0);
        RandomAccess.Read(stream.SafeFileHandle, last, stream.Length - last.Length);
        if (last.SequenceEqual("PARE"u8)) throw new InvalidDataException("it is an encrypted Parquet file; write it without encryption");
        if (!first.SequenceEqual("PAR1"u8)) throw new InvalidDataException("it is not a Parquet file, for it does not begin with PAR1");
        if (!last.SequenceEqual("PAR1"u8)) throw new InvalidDataException("it is a damaged Parquet file: its end is missing");
    }

    private static bool IsBytes(DataField field) => field.ClrType == typeof(ReadOnlyMemory<byte>);

    private static bool IsText(DataField field) => field.ClrType == typeof(ReadOnlyMemory<char>);

    private static bool IsWhole(DataField field) => field.ClrType == typeof(long) || field.ClrType == typeof(int);

    private ReadOnlyMemory<char>[][] Texts(int group, DataField field)
    {
        return field.ClrType == typeof(long) ? Digits(Column<long>(group, field))
            : field.ClrType == typeof(int) ? Digits(Column<int>(group, field))
            : Column<ReadOnlyMemory<char>>(group, field);

        static ReadOnlyMemory<char>[][] Digits<T>(T[][] rows)
            where T : IFormattable =>
            [.. rows.Select(row => row.Select(value => value.ToString(null, CultureInfo.InvariantCulture).AsMemory()).ToArray())];
    }

    private DataField[] Of(string key) => [.. _reader.Schema.DataFields.Where(field => field.Path.FirstPart == key)];

    /// <summary>The values of each row; a row has several in a list, and none for null.</summary>
    private T[][] Column<T>(int group, DataField field)
        where T : struct
    {
        try
        {
            lock (_gate)
            {
                using var reader = _reader.OpenRowGroupReader(group);
                var column = reader.ReadRawColumnDataBaseAsync(field).AsTask().GetAwaiter().GetResult();
                return Rows((RawColumnData<T>)column, field, Groups[group].Rows);
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new InvalidDataException($"row group {group} is damaged: {e.Message}", e);
        }
    }

    private static T[][] Rows<T>(RawColumnData<T> column, DataField field, int count)
        where T : struct
    {
        var values = column.Values;
        var definitions = field.MaxDefinitionLevel > 0 ? column.DefinitionLevels : default;
        var repetitions = field.MaxRepetitionLevel > 0 ? column.RepetitionLevels : default;
        var rows = new T[count][];
        var (row, value, places) = (-1, 0, Math.Max(definitions.Length, values.Length));
        for (var i = 0; i < places; i++)
        {
            if (repetitions.IsEmpty || repetitions[i] == 0) rows[++row] = [];
            if (definitions.IsEmpty || definitions[i] == field.MaxDefinitionLevel) rows[row] = [.. rows[row], values[value++]];
        }

        return row + 1 == count ? rows : throw new InvalidDataException($"column {field.Path} has {row + 1} of {count} rows");
    }

    private ClipException Lacks(string what, string? key, string setting) => new(
        $"{Path} has no {what} column{(key is null ? "" : $" '{key}'")} "
        + $"(it has {string.Join(", ", _reader.Schema.DataFields.Select(f => f.Path.FirstPart).Distinct())}); name it with {setting}.");
}
