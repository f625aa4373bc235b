
namespace Clip.Conversion.Checkpoints;

/// <summary>Adds low-rank updates to the weights they belong to, after which nothing tells the model from one trained in full.</summary>
internal static class LowRankMerge
{
    /// <summary>What the parameters of an update are called, behind the name of the weight it changes.</summary>
    public const string Suffix = "_lora";

    private const string A = Suffix + ".lora_A",
        B = Suffix + ".lora_B",
        Scale = Suffix + ".scale";

    /// <summary>W + (α/r)·B·A for each weight with an update, the others as they are; the updates' own parameters are gone.</summary>
    public static Dictionary<string, WeightTensor> Apply(IReadOnlyDictionary<string, WeightTensor> weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        var merged = weights.Where(w => !w.Key.Contains(Suffix + ".", StringComparison.Ordinal)).ToDictionary();
        foreach (var (name, a) in weights.Where(w => w.Key.EndsWith(A, StringComparison.Ordinal)))
        {
            var layer = name[..^A.Length];
            var targets = Targets(name).ToArray();
            var target = targets.FirstOrDefault(merged.ContainsKey, targets[^1]);
            if (!merged.TryGetValue(target, out var weight)
                || !weights.TryGetValue(layer + B, out var b) || !weights.TryGetValue(layer + Scale, out var scale))
                throw new ClipException($"The update '{name}' lacks its other half or its weight '{target}'; give a whole checkpoint.");
            merged[target] = Add(weight, a, b, scale.Data.Span[0]);
        }

        return merged;
    }

    /// <summary>What the weight may be called that a parameter of an update changes; none for other parameters.</summary>
    public static IEnumerable<string> Targets(string name) => name.IndexOf(Suffix + ".", StringComparison.Ordinal) is var end and > 0
        ? [$"{name[..end]}_weight", $"{name[..end]}.weight"]
        : [];

    /// <summary>Sums in double precision: the merge is as exact as the weight's own float32.</summary>
    private static WeightTensor Add(WeightTensor weight, WeightTensor a, WeightTensor b, double scale)
    {
        int outputs = (int)weight.Shape[0], inputs = (int)weight.Shape[1], rank = (int)a.Shape[0];
        var values = weight.Data.ToArray();
        Parallel.For(0, outputs, row =>
        {
            var sums = new double[inputs];
            for (var r = 0; r < rank; r++)
            {
                var factor = scale * b.Data.Span[row * rank + r];
                var narrow = a.Data.Span.Slice(r * inputs, inputs);
                for (var i = 0; i < inputs; i++) sums[i] += factor * narrow[i];
            }

            for (var i = 0; i < inputs; i++) values[row * inputs + i] = (float)(values[row * inputs + i] + sums[i]);
        });
        return weight with { Data = values };
    }
}
