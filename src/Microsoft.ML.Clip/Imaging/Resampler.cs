using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.Clip.Imaging;

/// <summary>
/// Antialiased resizing of 8-bit images, four channels a pixel, bit for bit as Pillow's <c>ImagingResample</c>: a horizontal pass, then a
/// vertical one, each in 32-bit fixed point and rounded to bytes.
/// </summary>
internal static class Resampler
{
    private const int Half = 1 << (ResampleTable.Precision - 1);

    /// <summary>Resizes <paramref name="source"/> with a filter other than nearest.</summary>
    /// <param name="source">The image, or a crop of one.</param>
    /// <param name="premultiply">Whether to multiply colours by alpha on the way in; the result then is premultiplied.</param>
    /// <param name="window">The size to resize to and the part wanted.</param>
    /// <param name="filter">Any but nearest.</param>
    /// <param name="destination">Receives the part wanted.</param>
    /// <param name="destinationStride">Bytes from one row of <paramref name="destination"/> to the next.</param>
    public static void Resize(
        PixelView source, bool premultiply, ResizeWindow window, ImageResample filter, Span<byte> destination, int destinationStride)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(
            destination.Length, PixelView.Extent(destinationStride, window.Width, window.Height), nameof(destination));
        var (across, down) = (InputAxis.Whole(source.Width), InputAxis.Whole(source.Height));
        if (source.Reduced is { } part)
            (across, down) = (across with { Start = part.X, Extent = part.Width }, down with { Start = part.Y, Extent = part.Height });
        var columns = ResampleTable.Get(across, window.FullWidth, window.Left, window.Width, filter);
        var rows = ResampleTable.Get(down, window.FullHeight, window.Top, window.Height, filter);

        var stride = 4 * window.Width;
        var firstRow = rows.InputStart;
        var rowCount = rows.InputEnd - firstRow;
        var between = ArrayPool<byte>.Shared.Rent(checked(rowCount * stride));
        var multiplied = premultiply ? ArrayPool<byte>.Shared.Rent(4 * source.Width) : null;
        try
        {
            for (var y = 0; y < rowCount; y++)
            {
                var row = source.Row(firstRow + y);
                if (multiplied is not null)
                {
                    PixelConversion.Premultiply(row, multiplied);
                    row = multiplied.AsSpan(0, row.Length);
                }

                ResizeRow(row, between.AsSpan(y * stride, stride), columns);
            }

            for (var y = 0; y < window.Height; y++)
            {
                var contributing = between.AsSpan((rows.Starts[y] - firstRow) * stride, rows.Lengths[y] * stride);
                var weights = rows.Weights.AsSpan(y * rows.Places, rows.Lengths[y]);
                SumRows(contributing, weights, destination.Slice(y * destinationStride, stride));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(between);
            if (multiplied is not null) ArrayPool<byte>.Shared.Return(multiplied);
        }
    }

    private static void ResizeRow(ReadOnlySpan<byte> source, Span<byte> destination, ResampleTable table)
    {
        // The one bounds check for the unchecked reads below: windows move rightwards, so the last one ends furthest.
        ArgumentOutOfRangeException.ThrowIfLessThan(source.Length, 4 * table.InputEnd, nameof(source));
        ref var sourceStart = ref MemoryMarshal.GetReference(source);
        var outputs = MemoryMarshal.Cast<byte, uint>(destination);
        for (var x = 0; x < outputs.Length; x++)
        {
            ref var pixels = ref Unsafe.Add(ref sourceStart, 4 * table.Starts[x]);
            ref var weights = ref table.Weights[x * table.Places];
            var count = table.Lengths[x];
            var sum = Vector128.Create(Half);
            var k = 0;
            if (Avx2.IsSupported && count >= 4)
            {
                Vector256<int> pair01 = default, pair23 = default;
                for (; k <= count - 4; k += 4)
                {
                    var four = Vector128.LoadUnsafe(ref pixels, (nuint)(4 * k));
                    var weight = Vector128.LoadUnsafe(ref weights, (nuint)k).ToVector256Unsafe();
                    pair01 += Avx2.ConvertToVector256Int32(four) * Vector256.Shuffle(weight, Vector256.Create(0, 0, 0, 0, 1, 1, 1, 1));
                    pair23 += Avx2.ConvertToVector256Int32(Vector128.Shuffle(four.AsUInt64(), Vector128.Create(1ul, 1)).AsByte())
                        * Vector256.Shuffle(weight, Vector256.Create(2, 2, 2, 2, 3, 3, 3, 3));
                }

                pair01 += pair23;
                sum += pair01.GetLower() + pair01.GetUpper();
            }

            for (; k < count; k++) sum += LoadPixel(ref pixels, 4 * k) * Unsafe.Add(ref weights, k);
            outputs[x] = ToBytes(sum);
        }
    }

    /// <summary>Sums whole rows, which lie one after the other in <paramref name="rows"/>, by their weights.</summary>
    private static void SumRows(ReadOnlySpan<byte> rows, ReadOnlySpan<int> weights, Span<byte> destination)
    {
        var stride = destination.Length;
        ArgumentOutOfRangeException.ThrowIfLessThan(rows.Length, weights.Length * stride, nameof(rows));
        ref var source = ref MemoryMarshal.GetReference(rows);
        ref var output = ref MemoryMarshal.GetReference(destination);
        var x = 0;
        if (Avx2.IsSupported)
        {
            for (; x <= stride - 32; x += 32)
            {
                var a = Vector256.Create(Half);
                var (b, c, d) = (a, a, a);
                ref var pixels = ref Unsafe.Add(ref source, x);
                foreach (var value in weights)
                {
                    var weight = Vector256.Create(value);
                    a += LoadTwoPixels(ref pixels, 0) * weight;
                    b += LoadTwoPixels(ref pixels, 8) * weight;
                    c += LoadTwoPixels(ref pixels, 16) * weight;
                    d += LoadTwoPixels(ref pixels, 24) * weight;
                    pixels = ref Unsafe.Add(ref pixels, stride);
                }

                ToBytes(a, b, c, d).StoreUnsafe(ref output, (nuint)x);
            }
        }

        for (; x < stride; x += 4)
        {
            var sum = Vector128.Create(Half);
            for (var k = 0; k < weights.Length; k++) sum += LoadPixel(ref source, (k * stride) + x) * weights[k];
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref output, x), ToBytes(sum));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> LoadPixel(ref byte source, int offset)
    {
        var bytes = Vector128.CreateScalar(Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref source, offset))).AsByte();
        return Vector128.WidenLower(Vector128.WidenLower(bytes)).AsInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> LoadTwoPixels(ref byte source, int offset) => Avx2.ConvertToVector256Int32(
        Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref source, offset))).AsByte());

    /// <summary>Drops the fraction and clips to 0…255.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint ToBytes(Vector128<int> sum)
    {
        var words = Vector128.NarrowWithSaturation(sum >> ResampleTable.Precision, default);
        words = Vector128.Max(words, default);
        return Vector128.NarrowWithSaturation(words.AsUInt16(), default).AsUInt32().ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> ToBytes(Vector256<int> a, Vector256<int> b, Vector256<int> c, Vector256<int> d)
    {
        // The packs work on each half by itself, which leaves groups of four bytes in the order a0 b0 c0 d0 | a1 b1 c1 d1.
        var ab = Avx2.PackSignedSaturate(a >> ResampleTable.Precision, b >> ResampleTable.Precision);
        var cd = Avx2.PackSignedSaturate(c >> ResampleTable.Precision, d >> ResampleTable.Precision);
        var packed = Avx2.PackUnsignedSaturate(ab, cd).AsInt32();
        return Vector256.Shuffle(packed, Vector256.Create(0, 4, 1, 5, 2, 6, 3, 7)).AsByte();
    }
}
