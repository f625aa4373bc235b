using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;

namespace Clip.Conversion.Zoo.Blocks;

/// <summary>
/// What a tower is made of, asked for as its graph is written: from a checkpoint, each tensor checked against the shape that the graph
/// needs; or, without one, only written down. So what a family's graph reads and what its layout states are one and the same.
/// </summary>
/// <param name="weights">A checkpoint's tensors by the names they have there; null to list what would be asked for.</param>
internal sealed class Parameters(IReadOnlyDictionary<string, WeightTensor>? weights)
{
    private readonly Dictionary<string, LayoutParameter> _listed = [];

    /// <summary>Whether there are values, not only names and shapes.</summary>
    public bool HasValues => weights is not null;

    /// <summary>The tower that is being written; null for what belongs to none.</summary>
    public Tower? Tower { get; set; }

    /// <summary>Every tensor that was asked for, in that order.</summary>
    public IReadOnlyCollection<LayoutParameter> Listed => _listed.Values;

    /// <summary>A tensor; of shape alone, its data empty, where there is no checkpoint.</summary>
    /// <exception cref="ClipException">The checkpoint lacks it, or has it with another shape.</exception>
    public WeightTensor Take(string name, params ReadOnlySpan<long> shape) => Take(name, isProjection: false, shape);

    /// <summary>A matrix that projects into the shared space, which int8 files leave in float.</summary>
    /// <inheritdoc cref="Take(string, ReadOnlySpan{long})"/>
    public WeightTensor TakeProjection(string name, params ReadOnlySpan<long> shape) => Take(name, isProjection: true, shape);

    /// <summary>The value of a scalar, which some checkpoints store with one dimension; null where it is absent.</summary>
    /// <exception cref="ClipException">There are several values.</exception>
    public float? TakeScalar(string name)
    {
        List(name, [], isProjection: false);
        if (weights is null) return 0;
        if (!weights.TryGetValue(name, out var weight)) return null;
        return weight.Data.Length == 1
            ? weight.Data.Span[0]
            : throw new ClipException($"The weight '{name}' has shape {Text(weight.Shape)}; this config needs a single value.");
    }

    /// <summary>Refuses tensors that nothing asked for: they belong to another model, which would be silently cut down.</summary>
    /// <param name="isIdle">What may be there all the same.</param>
    /// <exception cref="ClipException">There is another.</exception>
    public void RefuseLeftovers(Func<string, bool> isIdle)
    {
        if (weights?.Keys.FirstOrDefault(name => !_listed.ContainsKey(name) && !isIdle(name)) is { } name)
            throw new ClipException($"The weight '{name}' has no place in a model of this config; give the config it was made with.");
    }

    private WeightTensor Take(string name, bool isProjection, ReadOnlySpan<long> shape)
    {
        long[] dims = [.. shape];
        List(name, dims, isProjection);
        if (weights is null) return new WeightTensor(dims, default);
        if (!weights.TryGetValue(name, out var weight))
            throw new ClipException($"The weight '{name}' is missing; this config needs it with shape {Text(dims)}.");
        return dims.SequenceEqual(weight.Shape) ? weight : throw new ClipException(
            $"The weight '{name}' has shape {Text(weight.Shape)}; this config needs {Text(dims)}.");
    }

    private void List(string name, long[] shape, bool isProjection)
    {
        if (_listed.ContainsKey(name)) return;
        var isStatistic = ClipNames.IsStatistic(name);
        _listed[name] = new LayoutParameter(new ParameterName(name), shape, Start(name, shape), new Place(Tower, 0, 0))
        {
            IsStatistic = isStatistic,
            IsProjection = isProjection,
        };
    }

    /// <summary>Values to measure a model with: such that activations keep their size from layer to layer.</summary>
    private static StartingValues Start(string name, long[] shape)
    {
        if (shape.Length >= 2) return StartingValues.Normal(1 / Math.Sqrt(Math.Max(1, shape.Skip(1).Aggregate(1L, (a, b) => a * b))));
        var isBias = name.EndsWith("bias", StringComparison.Ordinal) || name.EndsWith("running_mean", StringComparison.Ordinal);
        return shape.Length == 0 ? StartingValues.Constant(Math.Log(1 / 0.07)) : StartingValues.Constant(isBias ? 0 : 1);
    }

    private static string Text(IReadOnlyList<long> shape) => $"[{string.Join(", ", shape)}]";
}
