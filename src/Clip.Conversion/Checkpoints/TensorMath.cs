namespace Clip.Conversion.Checkpoints;

/// <summary>
/// Makes the tensors that a graph needs of those that a checkpoint has, by a <see cref="Derivation"/>. Where these have no values,
/// but only names, the results have only shapes and derivations.
/// </summary>
internal static class TensorMath
{
    /// <summary>Fewer values than these are computed at once.</summary>
    private const int Few = 1 << 14;

    /// <summary>A tensor of values computed from those of others, when they are read; without them where these have none.</summary>
    public static WeightTensor Make(long[] shape, Derivation origin)
    {
        if (origin.Sources.Any(source => source.Data.IsEmpty)) return new WeightTensor(shape, default) { Origin = origin };
        return new WeightTensor(shape, Lazily(shape, origin.Values)) { Origin = origin };
    }

    /// <summary>A tensor of values that depend on no parameter, computed when they are read.</summary>
    public static WeightTensor Constant(long[] shape, Func<float[]> values) => new(shape, Lazily(shape, values));

    /// <summary>Each row (everything under one index of the first axis) times a factor of its own.</summary>
    public static WeightTensor ScaleRows(WeightTensor weight, WeightTensor factors) =>
        Make([.. weight.Shape], new Derivation.ScaledRows(weight, factors));

    /// <summary>All values times one factor.</summary>
    public static WeightTensor Scale(WeightTensor weight, float factor) =>
        factor == 1 ? weight : Make([.. weight.Shape], new Derivation.Scaled(weight, factor));

    /// <summary>The same rows in another order: row i of the result is row <paramref name="order"/>(i).</summary>
    public static WeightTensor OrderRows(WeightTensor weight, Func<int, int> order) =>
        Gather(weight, [.. weight.Shape], Row(weight), order);

    /// <summary>
    /// Blocks of <paramref name="length"/> values: the i-th of the result is the source's block <paramref name="place"/>(i), or zeros
    /// where that is negative.
    /// </summary>
    public static WeightTensor Gather(WeightTensor weight, long[] shape, int length, Func<int, int> place) =>
        Make(shape, new Derivation.Gathered(weight, length, checked((int)(Count(shape) / length)), place));

    /// <summary>A part of a tensor along its first axis, without a copy.</summary>
    public static WeightTensor Rows(WeightTensor weight, long first, long count)
    {
        var rows = new WeightTensor([count, .. weight.Shape.Skip(1)], default) { Origin = new Derivation.Rows(weight, first, count) };
        if (weight.Data.IsEmpty) return rows;
        var length = weight.Data.Length / (int)weight.Shape[0];
        return rows with { Data = weight.Data.Slice((int)first * length, (int)count * length) };
    }

    /// <summary>The sum of two tensors of one shape.</summary>
    public static WeightTensor Sum(WeightTensor a, WeightTensor b) => Make([.. a.Shape], new Derivation.Sum(a, b));

    /// <summary>Kernels [out, 1, k, k] plus the input itself: 1 is added in the middle of each.</summary>
    public static WeightTensor PlusInput(WeightTensor kernels)
    {
        var (kernel, outputs) = ((int)kernels.Shape[^1], (int)kernels.Shape[0]);
        return Sum(kernels, Constant([.. kernels.Shape], () =>
        {
            var ones = new float[outputs * kernel * kernel];
            // The zero that changes no value, a zero's sign included.
            Array.Fill(ones, -0f);
            for (var c = 0; c < outputs; c++) ones[(c * kernel + kernel / 2) * kernel + kernel / 2] = 1;
            return ones;
        }));
    }

    /// <summary>A convolution's kernels [out, in, k, k] with zeros around, for a larger k.</summary>
    public static WeightTensor PadKernel(WeightTensor weight, int kernel)
    {
        var from = (int)weight.Shape[^1];
        if (from == kernel) return weight;
        var margin = (kernel - from) / 2;
        return Gather(weight, [weight.Shape[0], weight.Shape[1], kernel, kernel], 1, i =>
        {
            var (which, y, x) = (i / (kernel * kernel), i / kernel % kernel - margin, i % kernel - margin);
            return y >= 0 && y < from && x >= 0 && x < from ? (which * from + y) * from + x : -1;
        });
    }

    /// <summary>Values of a row.</summary>
    private static int Row(WeightTensor weight) => checked((int)(Count(weight.Shape) / weight.Shape[0]));

    private static long Count(IReadOnlyList<long> shape) => shape.Aggregate(1L, (product, d) => product * d);

    private static ReadOnlyMemory<float> Lazily(long[] shape, Func<float[]> values)
    {
        var length = checked((int)Count(shape));
        return length < Few ? values() : new ComputedFloats(length, values).Memory;
    }

    private sealed class ComputedFloats(int length, Func<float[]> values) : RemadeFloats(length)
    {
        protected override float[] Make() => values();
    }
}
