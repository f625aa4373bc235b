using System.Numerics.Tensors;

namespace Clip.Conversion.Quantization;

/// <summary>How alike features of two precisions are: the cosine similarity of each pair.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="Min">That of the worst pair.</param>
public sealed record FeatureCosine(double Mean, double Min)
{
    internal static FeatureCosine Between(float[][] expected, float[][] actual)
    {
        var cosines = expected.Zip(actual, (e, a) => (double)TensorPrimitives.CosineSimilarity(e, a)).ToArray();
        return new FeatureCosine(cosines.Average(), cosines.Min());
    }
}
