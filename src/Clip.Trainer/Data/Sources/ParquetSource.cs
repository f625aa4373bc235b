using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Clip.Trainer.Data.Sources;

/// <summary>
/// Parquet files with a column of images and one or more of captions, as img2dataset and Hugging Face write them. Rows can only be read a
/// row group at a time, so an epoch shuffles the groups, and then the rows of as many groups as fit a window; both follow from the seed, so
/// that epochs are exact here too.
/// </summary>
internal sealed class ParquetSource : IRecordSource
{
    private const long WindowBytes = 256L << 20;
    private readonly IReadOnlyList<ParquetTable> _files;
    private readonly List<(int File, int Group, int FirstRow)> _groups = [];
    private readonly List<int> _starts = [], _sizes = [];
    private readonly Lazy<ParquetRowGroup>?[] _loaded;
    private readonly ConcurrentQueue<int> _order = new();
    private readonly int _window;

    private ParquetSource(IReadOnlyList<ParquetTable> files, IReadOnlyList<KeyValuePair<string, string>> unusable)
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
    }

    public int Count { get; }

    public string Fingerprint { get; }

    public IReadOnlyList<KeyValuePair<string, string>> Unusable { get; }

    public IReadOnlyList<EpochPart> Parts => [new EpochPart(Count, 1, _sizes, _window)];

    /// <summary>Opens files and reads what they say of themselves.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="imageKey">The column of images; null takes <c>image</c> or <c>jpg</c>.</param>
    /// <param name="captionKeys">The columns of captions; null takes the first there is of the usual ones.</param>
    /// <exception cref="ClipException">A file lacks a column.</exception>
    public static ParquetSource Open(IReadOnlyList<string> paths, string? imageKey, IReadOnlyList<string>? captionKeys)
    {
        var (files, unusable) = (new List<ParquetTable>(), new List<KeyValuePair<string, string>>());
        try
        {
            foreach (var path in paths)
            {
                try
                {
                    files.Add(ParquetTable.Open(path, imageKey, captionKeys));
                }
                catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
                {
                    unusable.Add(new(path, e.Message));
                }
            }

            return new ParquetSource(files, unusable);
        }
        catch
        {
            foreach (var file in files) file.Dispose();
            throw;
        }
    }

    public string Key(int record)
    {
        var (file, _, firstRow) = _groups[GroupOf(record, out var row)];
        return string.Create(CultureInfo.InvariantCulture, $"{_files[file].Path}:{firstRow + row}");
    }

    public ImageBytes ReadImage(int record) => Load(GroupOf(record, out var row)).Image(row);

    public IReadOnlyList<string> ReadCaptions(int record) => Load(GroupOf(record, out var row)).Captions(row);

    public void Dispose()
    {
        foreach (var file in _files) file.Dispose();
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
