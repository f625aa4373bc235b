using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Storage;

namespace Clip.Cli.Searching;

/// <summary>
/// What an indexing has computed and not yet saved, in a file that grows: whoever is killed loses at most the batch at hand. It is held
/// open for one process alone, and goes with a clean end.
/// </summary>
internal sealed class IndexJournal : IDisposable
{
    private const int HashSize = 8;
    private static readonly byte[] Mark = "CLIPPART"u8.ToArray();
    private readonly FileStream _file;
    private readonly byte[] _header;
    private bool _isEmpty;

    private IndexJournal(FileStream file, byte[] header, bool isEmpty) => (_file, _header, _isEmpty) = (file, header, isEmpty);

    /// <summary>Opens or makes it. What was written for another model, and what is cut off at its end, is dropped.</summary>
    /// <exception cref="IOException">Another process holds it.</exception>
    public static IndexJournal Open(
        string path, string fingerprint, int dimension, out IReadOnlyList<(ClipIndexEntry Entry, float[] Embedding)> kept)
    {
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new IOException(
                $"'{path}' is held by another process, which is bringing the index up to date; wait for its end. ({e.Message})", e);
        }

        byte[] header = [.. Mark, .. SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{fingerprint} {dimension}"))];
        var start = new byte[header.Length];
        var records = new List<(ClipIndexEntry, float[])>();
        var isWhole = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length;
        var isOurs = isWhole && start.AsSpan().SequenceEqual(header);
        var end = isOurs ? file.Position : 0L;
        while (isOurs && Read(file, dimension) is { } record)
        {
            records.Add(record);
            end = file.Position;
        }

        file.SetLength(end);
        file.Position = end;
        kept = records;
        return new IndexJournal(file, header, isEmpty: end == 0);
    }

    /// <summary>Adds pictures, so that they outlive the process.</summary>
    public void Append(IReadOnlyList<(ClipIndexEntry Entry, float[] Embedding)> pictures)
    {
        using var bytes = new MemoryStream();
        if (_isEmpty) bytes.Write(_header);
        foreach (var (entry, embedding) in pictures)
        {
            byte[] content = [.. EntryBytes.Write(entry), .. MemoryMarshal.AsBytes<float>(embedding)];
            bytes.Write(BitConverter.GetBytes(content.Length));
            bytes.Write(content);
            bytes.Write(SHA256.HashData(content).AsSpan(0, HashSize));
        }

        _file.Write(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
        _file.Flush();
        _isEmpty = false;
    }

    /// <summary>Forgets all of it, once the index is saved.</summary>
    public void Clear()
    {
        _file.SetLength(0);
        _isEmpty = true;
    }

    public void Dispose()
    {
        // While it is still held, so that nobody else's goes.
        if (_isEmpty) File.Delete(_file.Name);
        _file.Dispose();
    }

    private static (ClipIndexEntry Entry, float[] Embedding)? Read(FileStream file, int dimension)
    {
        Span<byte> size = stackalloc byte[sizeof(int)];
        Span<byte> hash = stackalloc byte[HashSize];
        if (file.ReadAtLeast(size, size.Length, throwOnEndOfStream: false) < size.Length) return null;
        var length = BitConverter.ToInt32(size);
        var floats = dimension * sizeof(float);
        if (length < floats || length > file.Length - file.Position - HashSize) return null;
        var content = new byte[length];
        file.ReadExactly(content);
        file.ReadExactly(hash);
        if (!SHA256.HashData(content).AsSpan(0, HashSize).SequenceEqual(hash)) return null;
        var embedding = MemoryMarshal.Cast<byte, float>(content.AsSpan(length - floats)).ToArray();
        return (EntryBytes.Read(content.AsSpan(0, length - floats)), embedding);
    }
}
