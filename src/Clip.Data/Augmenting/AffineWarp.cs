using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Clip.Data.Augmenting;

/// <summary>
/// Rotation, zoom and translation of an image about its center, interpolated bilinearly. Places outside of the image show its nearest
/// edge, which goes on with a plain background whatever its color, where torchvision's RandomAffine shows black.
/// </summary>
internal static class AffineWarp
{
    /// <summary>Writes a warped copy.</summary>
    /// <param name="source">Pixels of four bytes, row after row.</param>
    /// <param name="destination">As many.</param>
    /// <param name="width">Pixels in a row; at least two, as rows.</param>
    /// <param name="degrees">Clockwise.</param>
    /// <param name="zoom">Above 1 enlarges.</param>
    /// <param name="right">Pixels that the result is moved to the right.</param>
    /// <param name="down">Pixels that the result is moved down.</param>
    public static void Apply(
        ReadOnlySpan<byte> source, Span<byte> destination, int width, double degrees, double zoom, double right, double down)
    {
        var height = source.Length / (4 * width);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 2, nameof(source));
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, source.Length, nameof(destination));
        var (sine, cosine) = Math.SinCos(degrees * Math.PI / 180);
        (sine, cosine) = (sine / zoom, cosine / zoom);
        var (centerX, centerY) = ((width - 1) * 0.5, (height - 1) * 0.5);
        var pixels = MemoryMarshal.Cast<byte, uint>(source);
        var output = MemoryMarshal.Cast<byte, uint>(destination);
        var (stepX, stepY) = (Fixed(cosine), Fixed(-sine));
        long lastX = (long)(width - 1) << 16, lastY = (long)(height - 1) << 16;
        for (var y = 0; y < height; y++)
        {
            // Where the row's first pixel comes from: the inverse of the forward map.
            var (dx, dy) = (-centerX - right, y - centerY - down);
            var fromX = Fixed((cosine * dx) + (sine * dy) + centerX);
            var fromY = Fixed((cosine * dy) - (sine * dx) + centerY);
            foreach (ref var pixel in output.Slice(y * width, width))
            {
                pixel = Sample(pixels, width, height, Math.Clamp(fromX, 0, lastX), Math.Clamp(fromY, 0, lastY));
                fromX += stepX;
                fromY += stepY;
            }
        }
    }

    private static long Fixed(double value) => (long)Math.Round(value * 65536);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Sample(ReadOnlySpan<uint> pixels, int width, int height, long x, long y)
    {
        // The last pixel is the far end of the pair before it.
        var (left, top) = ((int)Math.Min(x >> 16, width - 2), (int)Math.Min(y >> 16, height - 2));
        var (partX, partY) = ((int)(x - ((long)left << 16)) >> 8, (ushort)((y - ((long)top << 16)) >> 8));
        var start = (top * width) + left;
        var rows = Pair(pixels, start) * Vector128.Create((ushort)(256 - partY)) + Pair(pixels, start + width) * Vector128.Create(partY);
        var sum = (Vector128.WidenLower(rows).AsInt32() * (256 - partX)) + (Vector128.WidenUpper(rows).AsInt32() * partX);
        var bytes = (sum + Vector128.Create(1 << 15)) >> 16;
        return Vector128.Narrow(Vector128.Narrow(bytes, bytes).AsUInt16(), default).AsUInt32().ToScalar();
    }

    /// <summary>Two pixels side by side, a channel a lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> Pair(ReadOnlySpan<uint> pixels, int start) =>
        Vector128.WidenLower(Vector128.CreateScalar(MemoryMarshal.Read<ulong>(MemoryMarshal.AsBytes(pixels.Slice(start, 2)))).AsByte());
}
