using System.Numerics.Tensors;

namespace Clip.Conversion.Checkpoints;

/// <summary>Refuses weights that are no numbers: a model with one gives NaN for every picture, or a text that never fits.</summary>
internal static class FiniteWeights
{
    /// <exception cref="ClipException">A weight has a value that is NaN or infinite.</exception>
    public static void Require(IEnumerable<KeyValuePair<string, WeightTensor>> weights, string? source = null)
    {
        foreach (var (name, weight) in weights)
        {
            var values = weight.Data.Span;
            // The largest magnitude is NaN where any value is.
            if (values.IsEmpty || float.IsFinite(TensorPrimitives.MaxMagnitude(values))) continue;
            var count = 0;
            foreach (var value in values) count += float.IsFinite(value) ? 0 : 1;
            throw new ClipException(
                $"{(source is null ? "The" : $"{source}: the")} weight '{name}' has {count} of {values.Length} values that are NaN or "
                + "infinite, "
                + "so its training failed or the file is damaged; give another checkpoint.");
        }
    }
}
