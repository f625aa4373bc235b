using System.Buffers;

namespace Microsoft.ML.Clip.Imaging;

/// <summary>
/// Resizing of 16-bit grey as Pillow does in its 32-bit mode <c>I</c>: unquantised weights, sums in double, rounded half away from zero
/// after each pass, and clipped to bytes only at the end. Plain code: strict parity on a rare format needs no speed.
/// </summary>
internal static class Gray16Resampler
{
    public static void Resize(PixelView source, ResizeWindow window, ImageResample filter, Span<byte> destination, int destinationStride)
    {
        var (columnStarts, columnLengths) = (new int[window.Width], new int[window.Width]);
        var (rowStarts, rowLengths) = (new int[window.Height], new int[window.Height]);
        var (across, down) = (InputAxis.Whole(source.Width), InputAxis.Whole(source.Height));
        var columns = ResampleKernel.Compute(across, window.FullWidth, filter, window.Left, columnStarts, columnLengths);
        var rows = ResampleKernel.Compute(down, window.FullHeight, filter, window.Top, rowStarts, rowLengths);
        var (columnPlaces, rowPlaces) = (columns.Length / window.Width, rows.Length / window.Height);

        var firstRow = rowStarts[0];
        var rowCount = rowStarts[^1] + rowLengths[^1] - firstRow;
        var between = ArrayPool<int>.Shared.Rent(checked(rowCount * window.Width));
        try
        {
            for (var y = 0; y < rowCount; y++)
            {
                var row = source.Row(firstRow + y);
                for (var x = 0; x < window.Width; x++)
                {
                    var sum = 0.0;
                    for (var k = 0; k < columnLengths[x]; k++)
                    {
                        var pixel = 4 * (columnStarts[x] + k);
                        sum += ((row[pixel] << 8) | row[pixel + 3]) * columns[(x * columnPlaces) + k];
                    }

                    between[(y * window.Width) + x] = Round(sum);
                }
            }

            for (var y = 0; y < window.Height; y++)
            {
                for (var x = 0; x < window.Width; x++)
                {
                    var sum = 0.0;
                    for (var k = 0; k < rowLengths[y]; k++)
                    {
                        sum += between[((rowStarts[y] - firstRow + k) * window.Width) + x] * rows[(y * rowPlaces) + k];
                    }

                    destination.Slice((y * destinationStride) + (4 * x), 4).Fill((byte)Math.Clamp(Round(sum), 0, 255));
                }
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(between);
        }
    }

    private static int Round(double value) => (int)(value >= 0 ? Math.Floor(value + 0.5) : -Math.Floor(Math.Abs(value) + 0.5));
}
