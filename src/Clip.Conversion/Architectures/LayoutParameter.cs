namespace Clip.Conversion.Architectures;

/// <summary>The tower that a parameter belongs to.</summary>
internal enum Tower
{
    Image,
    Text,
}

/// <summary>Where a parameter stands.</summary>
/// <param name="Tower">Its tower; null for what belongs to none, such as the temperature.</param>
/// <param name="Layer">
/// Counted from the lowest, 0: the embeddings with what comes before the blocks, each block, and what comes behind them. A ResNet's are
/// its stem, its stages, and the pooling. What layer-wise learning rate decay goes by.
/// </param>
/// <param name="LockGroup">
/// The group that open_clip's <c>lock</c> counts it in: the same, but that a norm behind the blocks goes with the last of them.
/// </param>
internal readonly record struct Place(Tower? Tower, int Layer, int LockGroup)
{
    public Place(Tower tower, int layer)
        : this(tower, layer, layer)
    {
    }
}

/// <summary>How a tensor is filled before training.</summary>
/// <param name="Distribution">By which rule.</param>
/// <param name="Value">The standard deviation, the bound, or the constant.</param>
internal readonly record struct StartingValues(StartingDistribution Distribution, double Value)
{
    /// <summary>N(0, deviation²).</summary>
    public static StartingValues Normal(double deviation) => new(StartingDistribution.Normal, deviation);

    /// <summary>Uniform in [−bound, bound).</summary>
    public static StartingValues Uniform(double bound) => new(StartingDistribution.Uniform, bound);

    /// <summary>One value throughout.</summary>
    public static StartingValues Constant(double value) => new(StartingDistribution.Constant, value);
}

/// <summary>The rules of <see cref="StartingValues"/>.</summary>
internal enum StartingDistribution
{
    Normal,
    Uniform,
    Constant,
}

/// <summary>All that is known of a parameter, or of a statistic that is stored beside the parameters, but its values.</summary>
/// <param name="Names">What it is called.</param>
/// <param name="Shape">Its dimensions; empty for a scalar.</param>
/// <param name="Start">Its values before training.</param>
/// <param name="Place">Its tower and layer.</param>
internal sealed record LayoutParameter(ParameterName Names, IReadOnlyList<long> Shape, StartingValues Start, Place Place)
{
    private static readonly string[] WithoutDecay = ["ln", "bn", "bias", ClipNames.LogitScale];

    /// <summary>The name here.</summary>
    public string Name => Names.Name;

    /// <summary>Whether it is a batch norm's statistic, which no gradient changes.</summary>
    public bool IsStatistic { get; init; }

    /// <summary>
    /// Whether it projects into the shared space. Such matrices stay float32 in int8 files: used once an item they cost nothing, and their
    /// errors would go straight into the feature.
    /// </summary>
    public bool IsProjection { get; init; }

    /// <summary>Whether LoRA adds an update to it: the linear layers of attention and MLPs.</summary>
    public bool TakesLowRankUpdate { get; init; }

    /// <summary>Whether it is in the group that weight decay pulls to zero.</summary>
    public bool HasWeightDecay => !IsStatistic && WeightDecays(Name, Shape.Count);

    /// <summary>How many values it has.</summary>
    public long Count => Shape.Aggregate(1L, (product, d) => product * d);

    /// <summary>
    /// open_clip's rule: no decay for vectors, scalars, and whatever is a LayerNorm's or batch norm's, a bias, or logit_scale.
    /// </summary>
    /// <param name="name">The parameter's name.</param>
    /// <param name="dimensions">How many dimensions it has.</param>
    public static bool WeightDecays(string name, long dimensions) =>
        dimensions >= 2 && !WithoutDecay.Any(part => name.Contains(part, StringComparison.Ordinal));
}
