using System.IO.MemoryMappedFiles;

namespace Clip.Conversion.Checkpoints;

/// <summary>
/// Reads a safetensors file through a memory mapping. Every size and offset is checked when the file is opened, so that a damaged or
/// hostile file is refused before any tensor is read.
/// </summary>
public sealed unsafe class SafetensorsReader : IDisposable
{
    private readonly string _path;
    private readonly Dictionary<string, SafetensorsEntry> _entries;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;

    private SafetensorsReader(string path, FileStream stream)
    {
        var header = SafetensorsHeader.Read(stream, path);
        _path = path;
        _entries = header.Entries.ToDictionary(e => e.Name);
        Names = [.. header.Entries.Select(e => e.Name)];
        Metadata = header.Metadata;
        _file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _start = start + _view.PointerOffset;
    }

    /// <summary>The tensors' names, in the order of the header.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>What the file says of itself, such as <c>format</c>; often empty.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file and checks its header.</summary>
    /// <param name="path">A <c>.safetensors</c> file.</param>
    /// <exception cref="ClipException">There is no such file, or its header is not sound.</exception>
    public static SafetensorsReader Open(string path)
    {
        if (!File.Exists(path)) throw new ClipException($"There is no file {path}; give the path of a safetensors file.");
        var stream = WeightFile.Open(path);
        try
        {
            return new SafetensorsReader(path, stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Reads every tensor of a file into memory of its own, as <see cref="Read"/> does.</summary>
    /// <param name="path">A <c>.safetensors</c> file.</param>
    /// <exception cref="ClipException">There is no such file, or it is not sound.</exception>
    public static Dictionary<string, WeightTensor> Load(string path)
    {
        using var reader = Open(path);
        return reader.Names.ToDictionary(name => name, reader.Copy);
    }

    /// <summary>
    /// Reads a tensor as float32: a view of the file for one stored as float32, valid until this reader is disposed; otherwise
    /// converted values, rounded to nearest (integers beyond 2^24 and float64 lose digits).
    /// </summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="ClipException">The file has no such tensor, or it has more elements than an array can hold.</exception>
    public WeightTensor Read(string name)
    {
        var entry = Find(name);
        // The format does not promise alignment, and a misaligned float may not be read everywhere.
        if (entry.Type != ElementType.Float32 || (nint)(_start + entry.Offset) % sizeof(float) != 0) return Convert(entry);
        var floats = new MappedFloats(_view.SafeMemoryMappedViewHandle, _start + entry.Offset, (int)entry.Count);
        return new WeightTensor(entry.Shape, floats.Memory);
    }

    /// <summary>Reads a tensor into memory of its own.</summary>
    internal WeightTensor Copy(string name) => Convert(Find(name));

    /// <summary>How the file stores a tensor.</summary>
    internal ElementType TypeOf(string name) => Find(name).Type;

    /// <summary>Closes the mapping; views that <see cref="Read"/> gave throw <see cref="ObjectDisposedException"/> from then on.</summary>
    public void Dispose()
    {
        if (_view.SafeMemoryMappedViewHandle.IsClosed) return;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private SafetensorsEntry Find(string name)
    {
        ObjectDisposedException.ThrowIf(_view.SafeMemoryMappedViewHandle.IsClosed, this);
        if (!_entries.TryGetValue(name, out var entry)) throw new ClipException($"{_path} has no tensor '{name}'; ask for one of its own.");
        if (entry.ByteCount > int.MaxValue && entry.Count > Array.MaxLength)
            throw new ClipException($"{_path}: tensor '{name}' has {entry.Count} elements, more than an array holds; split it.");
        return entry;
    }

    private WeightTensor Convert(SafetensorsEntry entry)
    {
        var values = new float[entry.Count];
        // Spans count bytes in an int, which a large tensor's do not fit.
        const int chunk = 1 << 24;
        for (var i = 0; i < values.Length; i += chunk)
        {
            var n = Math.Min(chunk, values.Length - i);
            var bytes = new ReadOnlySpan<byte>(_start + entry.Offset + (long)i * entry.Type.Size(), n * entry.Type.Size());
            entry.Type.ToFloat32(bytes, values.AsSpan(i, n));
        }

        return new WeightTensor(entry.Shape, values);
    }
}
