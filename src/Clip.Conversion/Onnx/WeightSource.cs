using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Onnx.Format;

namespace Clip.Conversion.Onnx;

/// <summary>A model's weights, each checked against the shape that the layout gives it.</summary>
internal sealed class WeightSource(ParameterLayout layout, IReadOnlyDictionary<string, WeightTensor> weights)
{
    private readonly HashSet<string> _taken = [];

    /// <summary>Names and shapes alone, to write graphs that are run on parameters elsewhere.</summary>
    public static WeightSource Named(ParameterLayout layout) => new(
        layout,
        layout.ToDictionary(p => p.Name, p => new WeightTensor(p.Shape, default) { Origin = new Derivation.Named(p.Name) }));

    public WeightTensor Take(string name)
    {
        _taken.Add(name);
        var shape = layout[name].Shape;
        if (!weights.TryGetValue(name, out var weight))
            throw new ClipException($"The weight '{name}' is missing; this config needs it with shape {Text(shape)}.");
        if (!shape.SequenceEqual(weight.Shape))
            throw new ClipException($"The weight '{name}' has shape {Text(weight.Shape)}; this config needs {Text(shape)}.");
        return weight;
    }

    /// <summary>The value of a scalar, which some checkpoints store with one dimension; null where it is absent.</summary>
    public float? TakeScalar(string name)
    {
        _taken.Add(name);
        if (!weights.TryGetValue(name, out var weight)) return null;
        return weight.Data.Length == 1
            ? weight.Data.Span[0]
            : throw new ClipException($"The weight '{name}' has shape {Text(weight.Shape)}; this config needs a single value.");
    }

    /// <summary>Refuses weights that nothing asked for: they belong to a larger model, which would be silently cut down.</summary>
    /// <param name="besides">What may be there all the same.</param>
    public void RefuseLeftovers(params string[] besides)
    {
        if (weights.Keys.FirstOrDefault(name => !_taken.Contains(name) && !besides.Contains(name)) is { } name)
            throw new ClipException($"The weight '{name}' has no place in a model of this config; give the config it was made with.");
    }

    private static string Text(IReadOnlyList<long> shape) => $"[{string.Join(", ", shape)}]";
}

/// <summary>Adds a model's weights to a graph.</summary>
internal static class ModelWeights
{
    /// <summary>Adds a weight under its own name.</summary>
    public static string Weight(this GraphBuilder graph, WeightSource weights, string name) => graph.Weight(name, weights.Take(name));
}
