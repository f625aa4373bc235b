using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Clip.Evaluation.Embedding;

/// <summary>
/// A file of embeddings, written once and whole. Little-endian: 8 bytes of name and format, the dimension D and the count N as int32,
/// N keys of 16 bytes, N × D float32.
/// </summary>
internal sealed class CacheSegment : IDisposable
{
    public const string Ending = ".embeddings";

    private const int HeaderBytes = 16, KeyBytes = 16;
    private static readonly byte[] Magic = Encoding.ASCII.GetBytes("CLIPEMB1");

    private readonly SafeFileHandle _file;

    private CacheSegment(string path, SafeFileHandle file, int dimension, UInt128[] keys) =>
        (Path, _file, Dimension, Keys) = (path, file, dimension, keys);

    public string Path { get; }

    public int Dimension { get; }

    public IReadOnlyList<UInt128> Keys { get; }

    /// <summary>Opens a file; null where it is none of these, or not whole.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static CacheSegment? Open(string path)
    {
        var file = File.OpenHandle(path, share: FileShare.Read | FileShare.Delete);
        var length = RandomAccess.GetLength(file);
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (RandomAccess.Read(file, header, 0) == HeaderBytes && header.StartsWith(Magic))
        {
            var (dimension, count) = (MemoryMarshal.Read<int>(header[8..]), MemoryMarshal.Read<int>(header[12..]));
            if (dimension > 0 && count > 0 && length == HeaderBytes + count * (KeyBytes + 4L * dimension))
            {
                var keys = new UInt128[count];
                ReadAll(file, MemoryMarshal.AsBytes(keys.AsSpan()), HeaderBytes);
                return new CacheSegment(path, file, dimension, keys);
            }
        }

        file.Dispose();
        return null;
    }

    /// <summary>Writes a file: aside, then renamed.</summary>
    public static void Write(string path, IReadOnlyList<UInt128> keys, IReadOnlyList<float[]> rows)
    {
        var aside = $"{path}.tmp";
        try
        {
            using (var file = new FileStream(aside, FileMode.CreateNew, FileAccess.Write))
            {
                file.Write(Magic);
                file.Write(MemoryMarshal.AsBytes<int>([rows[0].Length, rows.Count]));
                file.Write(MemoryMarshal.AsBytes<UInt128>([.. keys]));
                foreach (var row in rows) file.Write(MemoryMarshal.AsBytes(row.AsSpan()));
            }

            File.Move(aside, path);
        }
        catch
        {
            File.Delete(aside);
            throw;
        }
    }

    public float[] Row(int index)
    {
        var row = new float[Dimension];
        ReadAll(_file, MemoryMarshal.AsBytes(row.AsSpan()), HeaderBytes + (long)KeyBytes * Keys.Count + 4L * Dimension * index);
        return row;
    }

    public void Dispose() => _file.Dispose();

    private static void ReadAll(SafeFileHandle file, Span<byte> to, long offset)
    {
        for (var done = 0; done < to.Length;)
        {
            var read = RandomAccess.Read(file, to[done..], offset + done);
            if (read == 0) throw new EndOfStreamException("A file of the cache has been cut while it was read.");
            done += read;
        }
    }
}
