using System.Buffers;

namespace Microsoft.ML.Clip;

/// <summary>Prepares an image file, read into a pooled buffer, with errors that name the path.</summary>
internal static class ImageFile
{
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It cannot be read or is no image.</exception>
    public static void Prepare(ClipImagePreprocessor preprocessor, string path, Span<float> destination)
    {
        byte[]? buffer = null;
        try
        {
            using var file = File.OpenHandle(path, options: FileOptions.SequentialScan);
            var length = checked((int)RandomAccess.GetLength(file));
            buffer = ArrayPool<byte>.Shared.Rent(length);
            var read = 0;
            while (read < length && RandomAccess.Read(file, buffer.AsSpan(read, length - read), read) is > 0 and var more) read += more;
            preprocessor.Preprocess(buffer.AsSpan(0, read), destination);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FileNotFoundException($"Image file '{path}' does not exist.", path, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException
            or ArgumentException or OverflowException)
        {
            throw new InvalidDataException($"Image file '{path}' cannot be read: {e.Message}", e);
        }
        finally
        {
            if (buffer is not null) ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
