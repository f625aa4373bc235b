using System.Runtime.InteropServices;

namespace Clip.Data.Sources;

/// <summary>The rows of a row group; each column is read when first asked for.</summary>
/// <param name="folder">The file's folder, to which paths of images are relative.</param>
/// <param name="rows">How many there are.</param>
/// <param name="bytes">Reads the images' bytes, if the file holds them.</param>
/// <param name="paths">Reads the images' paths, if the file holds them.</param>
/// <param name="captions">Reads the columns of captions.</param>
internal sealed class ParquetRowGroup(
    string folder, int rows, Func<ReadOnlyMemory<byte>[][]?> bytes,
    Func<ReadOnlyMemory<char>[][]?> paths, Func<ReadOnlyMemory<char>[][][]> captions)
{
    private readonly Lazy<ReadOnlyMemory<byte>[][]?> _bytes = new(bytes);
    private readonly Lazy<ReadOnlyMemory<char>[][]?> _paths = new(paths);
    private readonly Lazy<string[][]> _captions = new(() =>
    {
        var columns = captions();
        return
        [
            .. Enumerable.Range(0, rows).Select(row => columns.SelectMany(column => column[row])
                .Select(text => text.Span.Trim().ToString())
                .Where(text => text.Length > 0)
                .ToArray()),
        ];
    });

    public IReadOnlyList<string> Captions(int row) => _captions.Value[row] is { Length: > 0 } found
        ? found
        : throw new InvalidDataException("the caption is empty");

    public ImageBytes Image(int row)
    {
        if (_bytes.Value?[row] is [var image, ..] && image.Length > 0)
        {
            return MemoryMarshal.TryGetArray(image, out var array)
                ? new ImageBytes(array.Array!, array.Offset, array.Count, pooled: false)
                : new ImageBytes(image.ToArray(), 0, image.Length, pooled: false);
        }

        return _paths.Value?[row] is [var path, ..]
            ? ImageBytes.OfFile(Path.Combine(folder, path.ToString()))
            : throw new InvalidDataException("it has no image");
    }

    /// <summary>The same for rows with the same image: a hash of its bytes, or its path; null for a row without one.</summary>
    public object? Identity(int row)
    {
        if (_bytes.Value?[row] is [var image, ..] && image.Length > 0) return ImageHash.Of(image.Span);
        return _paths.Value?[row] is [{ Length: > 0 } path, ..] ? FileIdentity.Of(Path.Combine(folder, path.ToString())) : null;
    }
}
