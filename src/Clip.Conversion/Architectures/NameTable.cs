using System.Text.RegularExpressions;
using Clip.Conversion.Configs;

namespace Clip.Conversion.Architectures;

/// <summary>What one kind of file calls the parameters of CLIP's and SigLIP's Transformers, of however many layers.</summary>
internal sealed partial class NameTable
{
    /// <summary>Names of Hugging Face's <c>CLIPModel</c> and <c>SiglipModel</c>.</summary>
    public static readonly NameTable HuggingFace = new(names => names.HuggingFace);

    /// <summary>Names of the timm towers in open_clip's SigLIP models.</summary>
    public static readonly NameTable Timm = new(names => names.Timm);

    private readonly Dictionary<string, StoredName> _byOurs = [];
    private readonly Dictionary<string, StoredName> _byTheirs = [];

    private NameTable(Func<ParameterName, string?> choose)
    {
        // One layer stands for all; what a model of either kind may have is in one of the two.
        var vision = new VisionTransformerConfig { Layers = 1 };
        var text = new TextConfig { Layers = 1 };
        var clip = new ClipConfig { Vision = vision, Text = text, LogitBiasInit = 0, ProjectionHeads = true };
        var siglip = SiglipConfigJson.Of(Activation.GeluTanh, vision.Width, vision, text);
        foreach (var parameter in ParameterLayout.Of(clip).Concat(ParameterLayout.Of(siglip)))
        {
            if (choose(parameter.Names) is not { } pattern || _byOurs.ContainsKey(parameter.Name)) continue;
            var stored = new StoredName(parameter.Name, Pieces(pattern), parameter.Names.IsTransposed);
            _byOurs.Add(stored.Ours, stored);
            foreach (var (name, _) in stored.Pieces) _byTheirs.Add(name, stored);
        }
    }

    /// <summary>How the parameter of a name of ours is stored; null where it is not.</summary>
    public StoredName? OfOurs(string name) => Find(_byOurs, name);

    /// <summary>What is stored under a name, whole or as a piece; null where nothing is.</summary>
    public StoredName? OfTheirs(string name) => Find(_byTheirs, name);

    private static StoredName? Find(Dictionary<string, StoredName> names, string name)
    {
        var layer = Layer().Match(name);
        if (!layer.Success) return names.GetValueOrDefault(name);
        var first = $"{name[..layer.Index]}0{name[(layer.Index + layer.Length)..]}";
        return names.GetValueOrDefault(first)?.AtLayer(layer.Value);
    }

    private static (string Name, int Shares)[] Pieces(string pattern)
    {
        var braces = Braces().Match(pattern);
        if (!braces.Success) return [(pattern, 1)];
        var pieces = braces.Groups[1].Value.Split(',');
        return [.. pieces.Select(piece => (pattern.Replace(braces.Value, piece, StringComparison.Ordinal), piece.Length))];
    }

    [GeneratedRegex(@"(?<=\.)[0-9]+(?=\.)")]
    private static partial Regex Layer();

    [GeneratedRegex(@"\{([a-z,]+)\}")]
    private static partial Regex Braces();
}

/// <summary>A parameter and where a file keeps it.</summary>
/// <param name="Ours">Its name here.</param>
/// <param name="Pieces">The tensors that, stacked, are the parameter, each with how many equal shares it has; one is the whole.</param>
/// <param name="IsTransposed">Whether the file has the matrix the other way round.</param>
internal sealed record StoredName(string Ours, IReadOnlyList<(string Name, int Shares)> Pieces, bool IsTransposed)
{
    /// <summary>Whether it is in pieces.</summary>
    public bool IsStacked => Pieces.Count > 1;

    /// <summary>The same of another layer than the first.</summary>
    public StoredName AtLayer(string number)
    {
        return this with { Ours = At(Ours), Pieces = [.. Pieces.Select(p => (At(p.Name), p.Shares))] };

        string At(string name) => name.Replace(".0.", $".{number}.", StringComparison.Ordinal);
    }
}
