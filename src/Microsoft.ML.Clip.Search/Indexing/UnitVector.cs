using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>Directions: an index holds vectors of length 1, and is asked by them.</summary>
internal static class UnitVector
{
    /// <summary>Off by no more than this, a length is 1 but for rounding: then the vector is kept to the bit.</summary>
    private const float Rounding = 1e-5f;

    /// <exception cref="ArgumentException">It holds what is no number, or nothing but zeros.</exception>
    public static float[] Of(ReadOnlySpan<float> vector)
    {
        var norm = TensorPrimitives.Norm(vector);
        if (!float.IsFinite(norm))
            throw new ArgumentException("An embedding holds values that are not finite numbers; look to where it comes from.");
        if (norm == 0) throw new ArgumentException("An embedding of zeros alone has no direction; leave it out.");
        var unit = vector.ToArray();
        if (MathF.Abs(norm - 1) > Rounding) TensorPrimitives.Divide(unit, norm, unit);
        return unit;
    }
}
