using System.Globalization;
using Clip.Conversion.Onnx.Format;
using Clip.Conversion.Onnx.Quantization;

namespace Clip.Conversion.Quantization;

/// <summary>Finds the weights of a tower that 8 bits hurt.</summary>
internal static class FloatWeights
{
    /// <summary>
    /// The weights to leave in float32 for features that come near enough to those of the float32 tower: none beside the projections
    /// where that suffices; else each weight is rounded alone and measured, and of the most harmful as many stay as it takes.
    /// </summary>
    /// <param name="tower">The tower and its samples.</param>
    /// <param name="expected">The samples' features in float32.</param>
    /// <param name="graph">Builds the tower's graph.</param>
    /// <param name="options">The projections, how far the 8-bit numbers go, and where a ResNet's activations lie.</param>
    /// <param name="cosine">The mean cosine to reach.</param>
    /// <param name="progress">Told what is going on.</param>
    /// <param name="cancellationToken">Checked before each measurement.</param>
    public static IReadOnlySet<string> Choose(
        SampleTower tower,
        float[][] expected,
        Func<GraphProto> graph,
        Int8Options options,
        double cosine,
        Action<string>? progress,
        CancellationToken cancellationToken)
    {
        var projections = options.FloatWeights;
        var all = Mean(projections);
        if (all >= cosine) return projections;

        var weights = Int8Graph.Weights(graph(), options.Activations).Where(w => !projections.Contains(w)).ToHashSet();
        progress?.Invoke(string.Create(
            CultureInfo.InvariantCulture,
            $"{tower.Stem}: the mean cosine is {all:G6} where {cosine} is wanted; measuring what each of {weights.Count} weights costs …"));
        var ranked = weights.OrderBy(weight => Mean(projections.Concat(weights.Where(w => w != weight)).ToHashSet())).ToArray();

        // With all of them in float nothing is lost, so some number suffices; more of them never measured worse but by noise.
        var (low, high) = (1, ranked.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Mean(Most(middle)) >= cosine) high = middle;
            else low = middle + 1;
        }

        return Most(high);

        HashSet<string> Most(int count) => [.. projections, .. ranked[..count]];

        double Mean(IReadOnlySet<string> floats)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var rounded = graph();
            Int8Graph.Apply(rounded, options with { FloatWeights = floats });
            return FeatureCosine.Between(expected, tower.Try(rounded)).Mean;
        }
    }
}
