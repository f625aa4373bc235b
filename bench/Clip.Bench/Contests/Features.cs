using System.Numerics.Tensors;

namespace Clip.Bench;

/// <summary>Compares feature vectors: a fast road that gives other features has not done the work.</summary>
internal static class Features
{
    /// <summary>The largest difference between two sets of as many vectors; NaN where either has one.</summary>
    public static float LargestDifference(float[][] some, float[][] others)
    {
        float[] a = [.. some.SelectMany(v => v)], b = [.. others.SelectMany(v => v)];
        TensorPrimitives.Subtract(a, b, a);
        return MathF.Abs(TensorPrimitives.MaxMagnitude<float>(a));
    }

    /// <summary>A vector scaled to length 1.</summary>
    public static float[] Unit(float[] vector)
    {
        var unit = new float[vector.Length];
        TensorPrimitives.Divide(vector, TensorPrimitives.Norm<float>(vector), unit);
        return unit;
    }
}
