using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Clip.Data.Sources;

/// <summary>
/// Parquet files with a column of images and one or more of captions, as img2dataset and Hugging Face write them. Rows can only be read a
/// row group at a time, so an epoch shuffles the groups, and then the rows of as many groups as fit a window; both follow from the seed, so
/// that epochs are exact here too.
/// </summary>
internal sealed class ParquetSource : IRecordSource
{
    private const long WindowBytes = 256L << 20;

    /// <summary>Images in larger files are not compared: that takes reading them all before the first step.</summary>
    private const long MostComparedBytes = 1L << 30;

    private readonly IReadOnlyList<ParquetTable> _files;
    private readonly List<(int File, int Group, int FirstRow)> _groups = [];
    private readonly List<int> _starts = [], _sizes = [];
    private readonly Lazy<ParquetRowGroup>?[] _loaded;
    private readonly ConcurrentQueue<int> _order = new();
    private readonly int _window;
    private readonly int[]? _sameImages;

    private ParquetSource(
        IReadOnlyList<ParquetTable> files, IReadOnlyList<KeyValuePair<string, string>> unusable, bool groupByImage)
    {
        (_files, Unusable) = (files, unusable);
        var largest = 1L;
        for (var file = 0; file < files.Count; file++)
        {
            var row = 0;
            for (var group = 0; group < files[file].Groups.Count; group++)
            {
                var (rows, bytes) = files[file].Groups[group];
                if (rows == 0) continue;
                _groups.Add((file, group, row));
                _starts.Add(Count);
                _sizes.Add(rows);
                Count = checked(Count + rows);
                row += rows;
                largest = Math.Max(largest, bytes);
            }
        }

        _loaded = new Lazy<ParquetRowGroup>?[_groups.Count];
        _window = (int)Math.Clamp(WindowBytes / largest, 1, 1 << 16);
        Fingerprint = Identify();
        if (groupByImage) _sameImages = SameImages();
    }

    public int Count { get; }

    public string Fingerprint { get; }

    public IReadOnlyList<KeyValuePair<string, string>> Unusable { get; }

    public IReadOnlyList<EpochPart> Parts => [new EpochPart(Count, 1, _sizes, _window)];

    /// <summary>Opens files and reads what they say of themselves.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="options">Their columns; without them the usual ones.</param>
    /// <exception cref="ClipException">A file lacks a column.</exception>
    public static ParquetSource Open(IReadOnlyList<string> paths, RecordSourceOptions options)
    {
        var (files, unusable) = (new List<ParquetTable>(), new List<KeyValuePair<string, string>>());
        try
        {
            foreach (var path in paths)
            {
                try
                {
                    files.Add(ParquetTable.Open(path, options.ImageKey, options.CaptionKeys, options.ClassNames is not null));
                    if (files[^1].Groups.Sum(g => (long)g.Rows) == 0) unusable.Add(new(path, "it has no rows"));
                }
                catch (Exception e) when (ReadFault.Is(e))
                {
                    unusable.Add(new(path, e.Message));
                }
            }

            return new ParquetSource(files, unusable, options.GroupByImage);
        }
        catch
        {
            foreach (var file in files) file.Dispose();
            throw;
        }
    }

    /// <summary>The file that a record lies in.</summary>
    public string FileOf(int record) => _files[_groups[GroupOf(record, out _)].File].Path;

    public string Key(int record)
    {
        var (file, _, firstRow) = _groups[GroupOf(record, out var row)];
        return string.Create(CultureInfo.InvariantCulture, $"{_files[file].Path}:{firstRow + row}");
    }

    public long ImageId(int record) => _sameImages?[record] ?? record;

    public ImageBytes ReadImage(int record) => Load(GroupOf(record, out var row)).Image(row);

    public IReadOnlyList<string> ReadCaptions(int record) => Load(GroupOf(record, out var row)).Captions(row);

    public void Dispose()
    {
        foreach (var file in _files) file.Dispose();
    }

    /// <summary>For each row the first with the same image; null where all are different, or are not compared.</summary>
    private int[]? SameImages()
    {
        if (_files.Where(file => file.HasBytes).Sum(file => file.Groups.Sum(g => g.Bytes)) > MostComparedBytes) return null;
        var (first, known) = (new int[Count], new Dictionary<object, int>());
        for (var group = 0; group < _groups.Count; group++)
        {
            var (file, number, _) = _groups[group];
            var rows = _files[file].Load(number);
            for (var row = 0; row < _sizes[group]; row++)
            {
                var record = _starts[group] + row;
                first[record] = Identity(rows, row) is not { } image || known.TryAdd(image, record) ? record : known[image];
            }
        }

        return known.Count < Count ? first : null;

        static object? Identity(ParquetRowGroup rows, int row)
        {
            try
            {
                return rows.Identity(row);
            }
            catch (InvalidDataException)
            {
                return null; // told when it is to be trained on
            }
        }
    }

    private int GroupOf(int record, out int row)
    {
        var group = _starts.BinarySearch(record);
        if (group < 0) group = ~group - 1;
        row = record - _starts[group];
        return group;
    }

    private ParquetRowGroup Load(int group)
    {
        if (Volatile.Read(ref _loaded[group]) is { } loaded) return loaded.Value;
        var (file, number, _) = _groups[group];
        var mine = new Lazy<ParquetRowGroup>(() => _files[file].Load(number));
        if (Interlocked.CompareExchange(ref _loaded[group], mine, null) is { } others) return others.Value;

        // A window's groups, and those of the next that batches reach into ahead of it.
        _order.Enqueue(group);
        while (_order.Count > 2 * _window && _order.TryDequeue(out var oldest)) Volatile.Write(ref _loaded[oldest], null);
        return mine.Value;
    }

    private string Identify()
    {
        var text = new StringBuilder();
        foreach (var file in _files)
            text.Append(CultureInfo.InvariantCulture, $"{Path.GetFileName(file.Path)} {string.Join(' ', file.Groups)} {file.Columns}\n");
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()));
        return $"{Count} pairs {Convert.ToHexStringLower(hash)[..12]}, window {_window}";
    }
}
