using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Clip.Data.Augmenting;

/// <summary>Gaussian blur of bytes in place: two passes with weights in 256ths; edges go on outwards.</summary>
internal static class GaussianBlur
{
    /// <summary>Blurs.</summary>
    /// <param name="pixels">Pixels of four bytes, row after row.</param>
    /// <param name="width">Pixels in a row.</param>
    /// <param name="sigma">Standard deviation in pixels, above 0.</param>
    public static void Apply(Span<byte> pixels, int width, double sigma)
    {
        var radius = (int)Math.Ceiling(3 * sigma);
        Span<ushort> weights = stackalloc ushort[(2 * radius) + 1];
        Weigh(weights, sigma);
        var stride = 4 * width;
        var height = pixels.Length / stride;
        var wide = ArrayPool<byte>.Shared.Rent(stride + (8 * radius));
        var tall = ArrayPool<byte>.Shared.Rent((height + (2 * radius)) * stride);
        try
        {
            for (var y = 0; y < height; y++)
            {
                var row = pixels.Slice(y * stride, stride);
                var padded = MemoryMarshal.Cast<byte, uint>(wide.AsSpan(0, stride + (8 * radius)));
                var whole = MemoryMarshal.Cast<byte, uint>(row);
                padded[..radius].Fill(whole[0]);
                whole.CopyTo(padded[radius..]);
                padded[(radius + width)..].Fill(whole[^1]);
                Sum(wide, 4, weights, tall.AsSpan((radius + y) * stride, stride));
            }

            for (var i = 0; i < radius; i++)
            {
                tall.AsSpan(radius * stride, stride).CopyTo(tall.AsSpan(i * stride));
                tall.AsSpan((radius + height - 1) * stride, stride).CopyTo(tall.AsSpan((radius + height + i) * stride));
            }

            for (var y = 0; y < height; y++) Sum(tall.AsSpan(y * stride), stride, weights, pixels.Slice(y * stride, stride));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(wide);
            ArrayPool<byte>.Shared.Return(tall);
        }
    }

    /// <summary>
    /// The bell in 256ths that add up to 256, so that a sum of bytes fits 16 bits; the middle takes what rounding leaves.
    /// </summary>
    private static void Weigh(Span<ushort> weights, double sigma)
    {
        var radius = weights.Length / 2;
        double Bell(int distance) => Math.Exp(-(distance * distance) / (2 * sigma * sigma));
        var total = Bell(0);
        for (var i = 1; i <= radius; i++) total += 2 * Bell(i);
        var middle = 256;
        for (var i = 1; i <= radius; i++)
        {
            var weight = (ushort)Math.Round(256 * Bell(i) / total);
            (weights[radius - i], weights[radius + i]) = (weight, weight);
            middle -= 2 * weight;
        }

        weights[radius] = (ushort)middle;
    }

    /// <summary>Weighs bytes that lie <paramref name="step"/> apart.</summary>
    private static void Sum(ReadOnlySpan<byte> source, int step, ReadOnlySpan<ushort> weights, Span<byte> destination)
    {
        var x = 0;
        for (; x <= destination.Length - Vector128<byte>.Count; x += Vector128<byte>.Count)
        {
            var (low, high) = (Vector128.Create((ushort)128), Vector128.Create((ushort)128));
            for (var k = 0; k < weights.Length; k++)
            {
                var bytes = Vector128.Create(source.Slice(x + (k * step), Vector128<byte>.Count));
                low += Vector128.WidenLower(bytes) * weights[k];
                high += Vector128.WidenUpper(bytes) * weights[k];
            }

            Vector128.Narrow(low >> 8, high >> 8).CopyTo(destination[x..]);
        }

        for (; x < destination.Length; x++)
        {
            var sum = 128;
            for (var k = 0; k < weights.Length; k++) sum += source[x + (k * step)] * weights[k];
            destination[x] = (byte)(sum >> 8);
        }
    }
}
