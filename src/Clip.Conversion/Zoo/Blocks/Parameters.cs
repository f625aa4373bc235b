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
    private readonly HashSet<string> _inBlocks = [];

    private Tower? _tower;
    private int _layer;
    private string? _block;
    private bool _isInBlock;

    /// <summary>The tower that is being written; null for what belongs to none.</summary>
    public Tower? Tower
    {
        get => _tower;
        set => (_tower, _layer, _block, _isInBlock) = (value, 0, null, false);
    }

    /// <summary>Every tensor that was asked for, in that order, with the layer that it was asked for in.</summary>
    public IReadOnlyCollection<LayoutParameter> Listed
    {
        get
        {
            var tops = _listed.Values.GroupBy(p => p.Place.Tower, p => p.Place.Layer).Select(g => (g.Key, Top: g.Max())).ToList();
            var projects = new HashSet<Tower?>();
            return [.. _listed.Values.Select(Placed)];

            LayoutParameter Placed(LayoutParameter parameter)
            {
                var (tower, layer) = (parameter.Place.Tower, parameter.Place.Layer);
                if (tower is null || layer < tops.Find(t => t.Key == tower).Top || _inBlocks.Contains(parameter.Name)) return parameter;
                // Behind the blocks: a norm that comes first goes with the last of them when they are locked.
                if (parameter.Shape.Count > 1) projects.Add(tower);
                return parameter with { Place = new Place(tower, layer + 1, projects.Contains(tower) ? layer + 1 : layer) };
            }
        }
    }

    /// <summary>What is asked for from here on stands in another part of the tower, a block where the name ends in its number.</summary>
    /// <remarks>What stands between two blocks goes with the one before it.</remarks>
    public void Enter(string part)
    {
        _isInBlock = char.IsAsciiDigit(part.TrimEnd('.')[^1]);
        if (!_isInBlock || part == _block) return;
        _block = part;
        _layer++;
    }

    /// <summary>A tensor; of shape alone, its data empty, where there is no checkpoint.</summary>
    /// <exception cref="ClipException">The checkpoint lacks it, or has it with another shape.</exception>
    public WeightTensor Take(string name, params ReadOnlySpan<long> shape) => Take(name, new Use(), shape);

    /// <summary>A linear layer of a block, to which LoRA adds an update.</summary>
    /// <inheritdoc cref="Take(string, ReadOnlySpan{long})"/>
    public WeightTensor TakeLinear(string name, params ReadOnlySpan<long> shape) => Take(name, new Use { IsLinear = true }, shape);

    /// <summary>A matrix that projects into the shared space, which int8 files leave in float.</summary>
    /// <inheritdoc cref="Take(string, ReadOnlySpan{long})"/>
    public WeightTensor TakeProjection(string name, params ReadOnlySpan<long> shape) => Take(name, new Use { IsProjection = true }, shape);

    /// <summary>The value of a scalar, which some checkpoints store with one dimension; null where it is absent.</summary>
    /// <exception cref="ClipException">There are several values.</exception>
    public float? TakeScalar(string name)
    {
        List(name, [], new Use());
        if (weights is null) return 0;
        if (!weights.TryGetValue(name, out var weight)) return null;
        return weight.Data.Length == 1
            ? weight.Data.Span[0]
            : throw new ClipException($"The weight '{name}' has shape {Text(weight.Shape)}; this config needs a single value.");
    }

    /// <summary>Refuses tensors that nothing asked for: they belong to another model, which would be silently cut down.</summary>
    /// <param name="isIdle">What may be there all the same.</param>
    /// <exception cref="ClipException">There is another.</exception>
    public void RefuseLeftovers(Func<string, bool> isIdle) =>
        RefuseLeftovers(weights?.Keys ?? [], name => _listed.ContainsKey(name) || isIdle(name));

    /// <param name="names">A checkpoint's.</param>
    /// <param name="hasPlace">Whether a tensor is asked for, or may be there all the same.</param>
    /// <inheritdoc cref="RefuseLeftovers(Func{string, bool})"/>
    public static void RefuseLeftovers(IEnumerable<string> names, Func<string, bool> hasPlace)
    {
        if (names.FirstOrDefault(name => !hasPlace(name)) is { } name)
            throw new ClipException($"The weight '{name}' has no place in a model of this config; give the config it was made with.");
    }

    private WeightTensor Take(string name, Use use, ReadOnlySpan<long> shape)
    {
        long[] dims = [.. shape];
        List(name, dims, use);
        if (weights is null) return new WeightTensor(dims, default) { Origin = new Derivation.Named(name) };
        if (!weights.TryGetValue(name, out var weight))
            throw new ClipException($"The weight '{name}' is missing; this config needs it with shape {Text(dims)}.");
        return dims.SequenceEqual(weight.Shape) ? weight : throw new ClipException(
            $"The weight '{name}' has shape {Text(weight.Shape)}; this config needs {Text(dims)}.");
    }

    private void List(string name, long[] shape, Use use)
    {
        if (_listed.ContainsKey(name)) return;
        if (_isInBlock) _inBlocks.Add(name);
        _listed[name] = new LayoutParameter(new ParameterName(name), shape, Start(name, shape), new Place(Tower, _layer, _layer))
        {
            IsStatistic = ClipNames.IsStatistic(name),
            IsProjection = use.IsProjection,
            TakesLowRankUpdate = use.IsLinear,
        };
    }

    /// <summary>Values to measure a model with: such that activations keep their size from layer to layer.</summary>
    private static StartingValues Start(string name, long[] shape)
    {
        if (shape.Length >= 2) return StartingValues.Normal(1 / Math.Sqrt(Math.Max(1, shape.Skip(1).Aggregate(1L, (a, b) => a * b))));
        var isBias = name.EndsWith("bias", StringComparison.Ordinal) || name.EndsWith("running_mean", StringComparison.Ordinal);
        return shape.Length == 0 ? StartingValues.Constant(Math.Log(1 / 0.07)) : StartingValues.Constant(isBias ? 0 : 1);
    }

    private readonly record struct Use(bool IsProjection, bool IsLinear);

    private static string Text(IReadOnlyList<long> shape) => $"[{string.Join(", ", shape)}]";
}
