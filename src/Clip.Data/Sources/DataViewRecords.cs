using System.Runtime.InteropServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using SkiaSharp;

namespace Clip.Data.Sources;

/// <summary>
/// The rows of an ML.NET data view as records. Images are paths (text), files (vectors of bytes) or <see cref="MLImage"/>s; captions a text
/// or a vector of texts, of which training draws one each epoch. A cursor only goes forward, so images that come with the rows are kept in
/// a temporary file: those of <see cref="MLImage"/> as PNG, which loses nothing.
/// </summary>
internal static class DataViewRecords
{
    /// <summary>Reads all rows.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="imageColumn">The column of images.</param>
    /// <param name="captionColumn">The column of captions.</param>
    /// <param name="folder">What paths are relative to; null for the current folder.</param>
    /// <param name="groupByImage">Whether rows with the same image are one record with all their captions.</param>
    /// <exception cref="ArgumentException">A column is absent or of another type, or there are no rows.</exception>
    public static IRecordSource Read(
        IDataView data, string imageColumn, string captionColumn, string? folder = null, bool groupByImage = true)
    {
        var (image, caption) = (Find(data, imageColumn), Find(data, captionColumn));
        using var cursor = data.GetRowCursor([image, caption]);
        var captions = Captions(cursor, caption);
        if (image.Type is TextDataViewType)
        {
            var path = cursor.GetGetter<ReadOnlyMemory<char>>(image);
            var rows = new List<CaptionedImage>();
            while (cursor.MoveNext())
            {
                ReadOnlyMemory<char> value = default;
                path(ref value);
                rows.Add(new CaptionedImage(Path.Combine(folder ?? "", value.ToString()), captions()));
            }

            return Grouped(new TableSource(rows.Count > 0 ? rows : throw Empty()));
        }

        var bytes = Images(cursor, image);
        var spooled = new SpooledSource();
        try
        {
            while (cursor.MoveNext()) bytes(content => spooled.Add(content, captions()));
            return spooled.Count > 0 ? Grouped(spooled) : throw Empty();
        }
        catch
        {
            spooled.Dispose();
            throw;
        }

        IRecordSource Grouped(IRecordSource source) => groupByImage ? GroupedSource.Of(source) : source;

        ArgumentException Empty() => new("The data have no rows; give rows with images and captions.", nameof(data));
    }

    private static Action<Action<ReadOnlySpan<byte>>> Images(DataViewRowCursor cursor, DataViewSchema.Column column)
    {
        if (column.Type is VectorDataViewType { ItemType: NumberDataViewType { RawType: var item } } && item == typeof(byte))
        {
            var getter = cursor.GetGetter<VBuffer<byte>>(column);
            VBuffer<byte> value = default;
            return use =>
            {
                getter(ref value);
                use([.. value.DenseValues()]);
            };
        }

        if (column.Type is not ImageDataViewType)
            throw new ArgumentException(
                $"Column '{column.Name}' is {column.Type}; images are paths (text), files (vectors of bytes) or MLImages.", nameof(column));
        var images = cursor.GetGetter<MLImage>(column);
        MLImage image = null!;
        return use =>
        {
            // Not disposed here, for it may be the user's; a loader disposes its last one, which it finds in the variable, itself.
            images(ref image);
            use(image is null ? [] : Png(image));
        };
    }

    private static byte[] Png(MLImage image)
    {
        var color = image.PixelFormat == MLPixelFormat.Rgba32 ? SKColorType.Rgba8888 : SKColorType.Bgra8888;
        var info = new SKImageInfo(image.Width, image.Height, color, SKAlphaType.Unpremul);
        var pixels = image.Pixels.ToArray();
        var handle = GCHandle.Alloc(pixels, GCHandleType.Pinned);
        try
        {
            using var map = new SKPixmap(info, handle.AddrOfPinnedObject());
            using var png = map.Encode(new SKPngEncoderOptions(SKPngEncoderFilterFlags.Sub, 1)); // quick rather than small
            return png.ToArray();
        }
        finally
        {
            handle.Free();
        }
    }

    private static Func<IReadOnlyList<string>> Captions(DataViewRowCursor cursor, DataViewSchema.Column column)
    {
        if (column.Type is TextDataViewType)
        {
            var getter = cursor.GetGetter<ReadOnlyMemory<char>>(column);
            return () =>
            {
                ReadOnlyMemory<char> value = default;
                getter(ref value);
                return Kept([value]);
            };
        }

        if (column.Type is not VectorDataViewType { ItemType: TextDataViewType })
            throw new ArgumentException($"Column '{column.Name}' is {column.Type}; captions are text, or vectors of text.", nameof(column));
        var several = cursor.GetGetter<VBuffer<ReadOnlyMemory<char>>>(column);
        return () =>
        {
            VBuffer<ReadOnlyMemory<char>> value = default;
            several(ref value);
            return Kept(value.DenseValues());
        };

        static IReadOnlyList<string> Kept(IEnumerable<ReadOnlyMemory<char>> texts) =>
            [.. texts.Select(text => text.ToString().Trim()).Where(text => text.Length > 0)];
    }

    private static DataViewSchema.Column Find(IDataView data, string name) => data.Schema.GetColumnOrNull(name)
        ?? throw new ArgumentException(
            $"The data have no column '{name}'; they have {string.Join(", ", data.Schema.Select(c => c.Name))}.", nameof(data));
}
