using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Clip.Trainer.Data;

/// <summary>An image file's bytes, perhaps in pooled memory: dispose them to give it back.</summary>
/// <param name="array">Holds the bytes.</param>
/// <param name="start">Where they start.</param>
/// <param name="length">How many they are.</param>
/// <param name="pooled">Whether the array goes back to the pool.</param>
internal readonly struct ImageBytes(byte[] array, int start, int length, bool pooled) : IDisposable
{
    public ReadOnlySpan<byte> Span => array.AsSpan(start, length);

    /// <summary>Reads a whole file.</summary>
    public static ImageBytes OfFile(string path)
    {
        using var file = File.OpenHandle(path, options: FileOptions.SequentialScan);
        var length = RandomAccess.GetLength(file);
        if (length > Array.MaxLength) throw new InvalidDataException($"The file has {length} bytes, which is no image.");
        return Read(file, 0, (int)length);
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
