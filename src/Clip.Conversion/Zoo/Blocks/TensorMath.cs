using System.Numerics.Tensors;
using Clip.Conversion.Checkpoints;

namespace Clip.Conversion.Zoo.Blocks;

/// <summary>
/// What is computed once, when a graph is written, instead of each time it runs. Where there are no values (see
/// <see cref="Parameters.HasValues"/>) only shapes are.
/// </summary>
internal static class TensorMath
{
    /// <summary>Fewer values than these are computed at once.</summary>
    private const int Few = 1 << 14;

    /// <summary>
    /// A tensor of values computed from those of others, when they are read; of shape alone where these have none.
    /// </summary>
    public static WeightTensor Make(WeightTensor from, long[] shape, Func<float[]> values)
    {
        if (from.Data.IsEmpty) return new WeightTensor(shape, default);
        var length = checked((int)shape.Aggregate(1L, (product, d) => product * d));
        return new WeightTensor(shape, length < Few ? values() : new ComputedFloats(length, values).Memory);
    }

    /// <summary>Each row (everything under one index of the first axis) times a factor of its own.</summary>
    public static WeightTensor ScaleRows(WeightTensor weight, WeightTensor factors) => Make(weight, [.. weight.Shape], () =>
    {
        var result = weight.Data.ToArray();
        var length = result.Length / factors.Data.Length;
        for (var r = 0; r < factors.Data.Length; r++)
        {
            var row = result.AsSpan(r * length, length);
            TensorPrimitives.Multiply(row, factors.Data.Span[r], row);
        }

        return result;
    });

    /// <summary>All values times one factor.</summary>
    public static WeightTensor Scale(WeightTensor weight, float factor) => factor == 1 ? weight : Make(weight, [.. weight.Shape], () =>
    {
        var result = new float[weight.Data.Length];
        TensorPrimitives.Multiply(weight.Data.Span, factor, result);
        return result;
    });

    /// <summary>The same rows in another order: row i of the result is row <paramref name="order"/>(i).</summary>
    public static WeightTensor OrderRows(WeightTensor weight, Func<int, int> order) => Make(weight, [.. weight.Shape], () =>
    {
        var source = weight.Data.Span;
        var result = new float[source.Length];
        var (rows, length) = ((int)weight.Shape[0], source.Length / (int)weight.Shape[0]);
        for (var r = 0; r < rows; r++) source.Slice(order(r) * length, length).CopyTo(result.AsSpan(r * length));
        return result;
    });

    /// <summary>A part of a tensor along its first axis, without a copy.</summary>
    public static WeightTensor Rows(WeightTensor weight, long first, long count)
    {
        long[] shape = [count, .. weight.Shape.Skip(1)];
        if (weight.Data.IsEmpty) return weight with { Shape = shape };
        var length = weight.Data.Length / (int)weight.Shape[0];
        return new WeightTensor(shape, weight.Data.Slice((int)first * length, (int)count * length));
    }

    /// <summary>The sum of two tensors of one shape.</summary>
    public static WeightTensor Sum(WeightTensor a, WeightTensor b) => Make(a, [.. a.Shape], () =>
    {
        var result = new float[a.Data.Length];
        TensorPrimitives.Add(a.Data.Span, b.Data.Span, result);
        return result;
    });

    /// <summary>A convolution's kernels [out, in, k, k] with zeros around, for a larger k.</summary>
    public static WeightTensor PadKernel(WeightTensor weight, int kernel)
    {
        var (from, outputs) = ((int)weight.Shape[^1], (int)(weight.Shape[0] * weight.Shape[1]));
        if (from == kernel) return weight;
        return Make(weight, [weight.Shape[0], weight.Shape[1], kernel, kernel], () =>
        {
            var result = new float[outputs * kernel * kernel];
            var margin = (kernel - from) / 2;
            for (var o = 0; o < outputs; o++)
            {
                for (var y = 0; y < from; y++)
                {
                    weight.Data.Span.Slice((o * from + y) * from, from)
                        .CopyTo(result.AsSpan((o * kernel + y + margin) * kernel + margin));
                }
            }

            return result;
        });
    }

    private sealed class ComputedFloats(int length, Func<float[]> values) : RemadeFloats(length)
    {
        protected override float[] Make() => values();
    }
}
