using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Clip.Data.Distributed;

/// <summary>Sums of 16-bit floats as MPI's operations, which it lacks: each sum of two is computed in float32 and rounded.</summary>
internal static unsafe class HalfSums
{
    [UnmanagedCallersOnly]
    public static void Float16(void* input, void* inout, int* count, void* type)
    {
        var from = new ReadOnlySpan<Half>(input, *count);
        var to = new Span<Half>(inout, *count);
        const int size = 512;
        Span<float> left = stackalloc float[size], right = stackalloc float[size];
        for (var i = 0; i < to.Length; i += size)
        {
            var n = Math.Min(size, to.Length - i);
            TensorPrimitives.ConvertToSingle(from.Slice(i, n), left);
            TensorPrimitives.ConvertToSingle(to.Slice(i, n), right);
            TensorPrimitives.Add(left[..n], right[..n], right);
            TensorPrimitives.ConvertToHalf(right[..n], to.Slice(i, n));
        }
    }

    [UnmanagedCallersOnly]
    public static void BFloat16(void* input, void* inout, int* count, void* type) =>
        AddBFloat16(new ReadOnlySpan<ushort>(input, *count), new Span<ushort>(inout, *count));

    /// <summary>Adds bfloat16 numbers, rounded to nearest, ties to even; NaN stays NaN.</summary>
    internal static void AddBFloat16(ReadOnlySpan<ushort> from, Span<ushort> to)
    {
        var i = 0;
        for (; i <= to.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(from[i..]), out var a0, out var a1);
            Vector.Widen(new Vector<ushort>(to[i..]), out var b0, out var b1);
            Vector.Narrow(Add(a0, b0), Add(a1, b1)).CopyTo(to[i..]);
        }

        for (; i < to.Length; i++)
        {
            var sum = BitConverter.UInt32BitsToSingle((uint)from[i] << 16) + BitConverter.UInt32BitsToSingle((uint)to[i] << 16);
            var bits = BitConverter.SingleToUInt32Bits(sum);
            to[i] = float.IsNaN(sum) ? (ushort)0x7FC0 : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<uint> Add(Vector<uint> a, Vector<uint> b)
    {
        var sum = Vector.AsVectorSingle(a << 16) + Vector.AsVectorSingle(b << 16);
        var bits = Vector.AsVectorUInt32(sum);
        var rounded = (bits + new Vector<uint>(0x7FFF) + ((bits >> 16) & Vector<uint>.One)) >> 16;
        return Vector.ConditionalSelect(Vector.AsVectorUInt32(Vector.Equals(sum, sum)), rounded, new Vector<uint>(0x7FC0));
    }
}
