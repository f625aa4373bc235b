using System.Collections;
using Clip.Conversion.Configs;

namespace Clip.Conversion.Architectures;

/// <summary>
/// What the parameters of a model are: name, shape, starting values, tower and layer of each. Everything that names a parameter goes by
/// it: random weights, checks of a checkpoint, names in other files, ONNX graphs, locks, layer decay, what int8 leaves alone. The torch
/// modules are held to it by a test. Another architecture is another layout.
/// </summary>
internal sealed class ParameterLayout : IReadOnlyCollection<LayoutParameter>
{
    private readonly IReadOnlyList<LayoutParameter> _parameters;
    private readonly Dictionary<string, LayoutParameter> _byName;
    private readonly Dictionary<string, Tower> _towers = [];

    private ParameterLayout(IReadOnlyList<LayoutParameter> parameters)
    {
        _parameters = parameters;
        _byName = parameters.ToDictionary(p => p.Name);
        foreach (var parameter in parameters)
        {
            if (parameter.Place.Tower is { } tower) _towers[FirstPart(parameter.Name)] = tower;
        }
    }

    public int Count => _parameters.Count;

    /// <summary>Names of the matrices that project into the shared space.</summary>
    public IReadOnlySet<string> Projections => this.Where(p => p.IsProjection).Select(p => p.Name).ToHashSet();

    /// <summary>The parameter of a name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public LayoutParameter this[string name] => _byName[name];

    /// <summary>The layout of a config's model.</summary>
    /// <remarks>The order decides what each tensor's random values are, so what is added comes last.</remarks>
    public static ParameterLayout Of(ClipConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var builder = new LayoutBuilder();
        var hasTextTower = config is { TextSide: TextSide.Tower, Towers: not ModelTowers.Image };
        if (hasTextTower) TextSides.Tower(builder, config);
        if (config.Towers != ModelTowers.Text) ImageTowers.Add(builder, config);
        if (hasTextTower && config.Towers == ModelTowers.Both) TextSides.LossParts(builder, config);
        if (config.TextSide == TextSide.Captioner) TextSides.Captioner(builder, config);
        if (config.TextSide == TextSide.Words) TextSides.Words(builder, config);
        return new ParameterLayout(builder.Parameters);
    }

    /// <summary>The layout of a model whose parameters are listed as its graphs are written.</summary>
    public static ParameterLayout Of(IEnumerable<LayoutParameter> parameters) => new([.. parameters]);

    /// <summary>The parameter of a name, or null.</summary>
    public LayoutParameter? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The tower of a parameter, also of one that only a larger model of the kind would have; null for none.</summary>
    public Tower? TowerOf(string name) => _towers.TryGetValue(FirstPart(name), out var tower) ? tower : null;

    /// <summary>A tower's parameters in the groups that are locked and unlocked together, from the bottom.</summary>
    public IReadOnlyList<IReadOnlyList<LayoutParameter>> LockGroups(Tower tower) =>
    [
        .. this.Where(p => p.Place.Tower == tower && !p.IsStatistic)
            .GroupBy(p => p.Place.LockGroup).OrderBy(g => g.Key).Select(g => g.ToList()),
    ];

    /// <summary>The highest layer of a tower; 0 where the model does not have it.</summary>
    public int TopLayer(Tower tower) => this.Where(p => p.Place.Tower == tower).Select(p => p.Place.Layer).DefaultIfEmpty().Max();

    /// <summary>How many parameters there are, without statistics.</summary>
    /// <param name="tower">Of this tower alone; null for the whole model.</param>
    public long ParameterCount(Tower? tower = null) =>
        this.Where(p => !p.IsStatistic && (tower is null || p.Place.Tower == tower)).Sum(p => p.Count);

    public IEnumerator<LayoutParameter> GetEnumerator() => _parameters.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static string FirstPart(string name) => name.IndexOf('.', StringComparison.Ordinal) is var dot and > 0 ? name[..dot] : name;
}
