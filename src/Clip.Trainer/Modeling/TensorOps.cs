using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// What would otherwise make scalars in passing. TorchSharp gives native code a <see cref="Scalar"/>'s bare address; one that was made in
/// passing (<c>x + 1e-6</c>, <c>x.eq(0)</c>, <c>arange(n)</c>) is garbage from that moment, and when its finalizer comes in time, the
/// native code reads freed memory: a rare crash, or a wrong number without one. So scalars are declared with <c>using</c>, which keeps them
/// until the end of their block, and operators between tensors and numbers are not used. Nor are sums of two tensors by their operator or
/// by <c>add</c> alone, nor squares by <c>square</c>: behind these stand a factor of 1 and an exponent of 2, made in passing. Outside of a
/// dispose scope it is the same with tensors that TorchSharp wraps anew at each look: an
/// <see cref="TorchSharp.Modules.Embedding"/>'s <c>weight</c>, a parameter's <c>grad</c>.
/// </summary>
internal static class TensorOps
{
    private static readonly Scalar One = 1;

    /// <summary>left + right.</summary>
    public static Tensor Plus(this Tensor left, Tensor right) => left.add(right, One);

    /// <summary>values².</summary>
    public static Tensor Squared(this Tensor values) => values.mul(values);

    /// <summary>0, 1 … <paramref name="count"/> − 1 as int64.</summary>
    public static Tensor Range(long count, Device device)
    {
        using Scalar start = 0L, stop = count, step = 1L;
        return arange(start, stop, step, device: device);
    }
}
