using System.Buffers;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip.Imaging;

/// <summary>Resizes an image as Pillow's <c>Image.resize</c> does for its mode, and gives RGB.</summary>
internal static class ImageResizer
{
    /// <summary>Resizes <paramref name="source"/> and converts the wanted part to RGB.</summary>
    /// <param name="source">The image, or a crop of one.</param>
    /// <param name="window">The size to resize to and the part wanted.</param>
    /// <param name="filter">The filter; palette images are resized by nearest whatever it is.</param>
    /// <param name="destination">Receives the part wanted, four bytes a pixel: red, green, blue and one without meaning.</param>
    /// <param name="destinationStride">Bytes from one row of <paramref name="destination"/> to the next.</param>
    public static void ResizeToRgb(
        PixelView source, ResizeWindow window, ImageResample filter, Span<byte> destination, int destinationStride)
    {
        var result = source.Mode;
        if (source.Reduced is null && source.Width == window.FullWidth && source.Height == window.FullHeight)
        {
            // The reference copies: with alpha, premultiplying there and back would not be the same.
            for (var y = 0; y < window.Height; y++)
            {
                source.Row(window.Top + y).Slice(4 * window.Left, 4 * window.Width).CopyTo(destination[(y * destinationStride)..]);
            }
        }
        else if (filter == ImageResample.Nearest || source.Mode == PixelMode.Palette)
        {
            ResizeNearest(source, window, destination, destinationStride);
        }
        else if (source.Mode == PixelMode.Gray16)
        {
            Gray16Resampler.Resize(source, window, filter, destination, destinationStride);
            return;
        }
        else
        {
            var premultiply = source.Mode == PixelMode.Rgba;
            if (premultiply) result = PixelMode.RgbaPremultiplied;
            Resampler.Resize(source, premultiply, window, filter, destination, destinationStride);
        }

        for (var y = 0; y < window.Height; y++)
        {
            PixelConversion.ToRgb(destination.Slice(y * destinationStride, 4 * window.Width), result);
        }
    }

    private static void ResizeNearest(PixelView source, ResizeWindow window, Span<byte> destination, int destinationStride)
    {
        var columns = ArrayPool<int>.Shared.Rent(window.Width);
        var rows = ArrayPool<int>.Shared.Rent(window.Height);
        try
        {
            FindNearest(source.Width, window.FullWidth, window.Left, columns.AsSpan(0, window.Width));
            FindNearest(source.Height, window.FullHeight, window.Top, rows.AsSpan(0, window.Height));
            for (var y = 0; y < window.Height; y++)
            {
                var from = MemoryMarshal.Cast<byte, uint>(source.Row(rows[y]));
                var to = MemoryMarshal.Cast<byte, uint>(destination.Slice(y * destinationStride, 4 * window.Width));
                for (var x = 0; x < to.Length; x++) to[x] = from[columns[x]];
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(columns);
            ArrayPool<int>.Shared.Return(rows);
        }
    }

    /// <summary>Pillow's <c>ImagingScaleAffine</c>: the position is summed up step by step, and its rounding errors with it.</summary>
    private static void FindNearest(int inputSize, int outputSize, int first, Span<int> indices)
    {
        var scale = (double)inputSize / outputSize;
        var position = scale * 0.5;
        for (var i = 0; i < first; i++) position += scale;
        foreach (ref var index in indices)
        {
            index = Math.Min((int)position, inputSize - 1);
            position += scale;
        }
    }
}
