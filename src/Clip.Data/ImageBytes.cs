using System.Buffers;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Files;
using Microsoft.Win32.SafeHandles;

namespace Clip.Data;

/// <summary>An image file's bytes, perhaps in pooled memory: dispose them to give it back.</summary>
/// <param name="array">Holds the bytes.</param>
/// <param name="start">Where they start.</param>
/// <param name="length">How many they are.</param>
/// <param name="pooled">Whether the array goes back to the pool.</param>
internal readonly struct ImageBytes(byte[] array, int start, int length, bool pooled) : IDisposable
{
    public ReadOnlySpan<byte> Span => array.AsSpan(start, length);

    /// <summary>Reads a whole file, where it is one: a pipe would be waited for, and a device never ends.</summary>
    /// <exception cref="InvalidDataException">It is no file, or too large for a picture.</exception>
    public static ImageBytes OfFile(string path)
    {
        if (path.Contains('\0')) throw new InvalidDataException("the path holds a NUL character");
        RegularFile.Length(path);
        using var file = File.OpenHandle(path, options: FileOptions.SequentialScan);
        return Read(file, 0, (int)RegularFile.Bounded(path, RandomAccess.GetLength(file), RegularFile.MaxImage));
    }

    /// <summary>Reads a part of a file.</summary>
    /// <exception cref="EndOfStreamException">The file ends before.</exception>
    public static ImageBytes Read(SafeFileHandle file, long offset, int length)
    {
        var array = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            for (var done = 0; done < length;)
            {
                var read = RandomAccess.Read(file, array.AsSpan(done, length - done), offset + done);
                if (read == 0) throw new EndOfStreamException($"The file ends {length - done} bytes too soon.");
                done += read;
            }
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(array);
            throw;
        }

        return new ImageBytes(array, 0, length, pooled: true);
    }

    public void Dispose()
    {
        if (pooled) ArrayPool<byte>.Shared.Return(array);
    }
}
