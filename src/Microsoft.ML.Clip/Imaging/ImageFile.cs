using System.Buffers;
using Microsoft.ML.Clip.Files;

namespace Microsoft.ML.Clip.Imaging;

/// <summary>Prepares an image file, read into a pooled buffer, with errors that name the path.</summary>
internal static class ImageFile
{
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It cannot be read or is no image.</exception>
    public static void Prepare(ClipImagePreprocessor preprocessor, string path, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(path);
        byte[]? buffer = null;
        try
        {
            var length = Read(path, ref buffer);
            preprocessor.Preprocess(buffer.AsSpan(0, length), destination);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FileNotFoundException($"Image file '{path}' does not exist.", path, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException)
        {
            // Some sentences begin with the path themselves.
            throw new InvalidDataException(
                e.Message.StartsWith($"'{path}'", StringComparison.Ordinal)
                    ? $"Image file {e.Message}"
                    : $"Image file '{path}' cannot be read: {e.Message}", e);
        }
        finally
        {
            if (buffer is not null) ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static int Read(string path, ref byte[]? buffer)
    {
        RegularFile.Length(path);
        using var file = File.OpenHandle(path, options: FileOptions.SequentialScan);
        var length = (int)RegularFile.Bounded(path, RandomAccess.GetLength(file), RegularFile.MaxImage);
        buffer = ArrayPool<byte>.Shared.Rent(length);
        var read = 0;
        while (read < length && RandomAccess.Read(file, buffer.AsSpan(read, length - read), read) is > 0 and var more) read += more;
        return read;
    }
}
