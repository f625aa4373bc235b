using System.IO.MemoryMappedFiles;
using Microsoft.ML.Clip.Scanning;

namespace Microsoft.ML.Clip.Storage;

/// <summary>An index file that is mapped into memory: opening it reads next to nothing, and processes share it.</summary>
internal sealed unsafe class IndexFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private bool _disposed;

    private IndexFile(MemoryMappedFile file, IndexHeader header)
    {
        (_file, Header) = (file, header);
        _view = file.CreateViewAccessor(0, header.Length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += _view.PointerOffset;
        var coding = new ReadOnlySpan<float>(_start + header.CodingAt, 2 * header.Dimension);
        Matrix = new CodedMatrix(
            (float*)(_start + header.VectorsAt), (sbyte*)(_start + header.CodesAt), (float*)(_start + header.DistancesAt),
            header.Count, header.Dimension, new RowCodes([.. coding[..header.Dimension]], [.. coding[header.Dimension..]]));
    }

    public IndexHeader Header { get; }

    public CodedMatrix Matrix { get; }

    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="InvalidDataException">It is none, or damaged.</exception>
    public static IndexFile Open(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"The index '{path}' does not exist; make it with clip index or ClipImageIndex.Create.", path);
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        try
        {
            var header = IndexHeader.Read(stream, path);
            return new IndexFile(
                MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false),
                header);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>What the index knows of a row.</summary>
    public ClipIndexEntry Entry(int row) => EntryBytes.Read(EntryContent(row));

    /// <summary>A row's id alone.</summary>
    public string Id(int row) => EntryBytes.ReadId(EntryContent(row));

    /// <summary>A row's entry as it stands in the file.</summary>
    public ReadOnlySpan<byte> EntryContent(int row)
    {
        var offsets = (long*)(_start + Header.OffsetsAt);
        var (from, to) = (offsets[row], offsets[row + 1]);
        if (from < 0 || to < from || to > Header.Length - Header.EntriesAt)
            throw new InvalidDataException("The index is damaged: an entry lies outside of it; index the pictures anew.");
        return new(_start + Header.EntriesAt + from, checked((int)(to - from)));
    }

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
