namespace Clip.Conversion.Configs;

/// <summary>ConvNeXt (arXiv:2201.03545) as open_clip has it by way of timm. The defaults are ConvNeXt-B's.</summary>
public sealed record ConvNextConfig : VisionConfig
{
    /// <summary>How many pixels of an image become one place of the last grid.</summary>
    private const int Stride = 32;

    /// <summary>timm's models by their names: depths and widths of the stages, and the LayerNorms' epsilon (timm convnext.py).</summary>
    internal static readonly IReadOnlyDictionary<string, (int[] Depths, int[] Widths, double Eps)> Published =
        new Dictionary<string, (int[], int[], double)>
        {
            ["convnext_tiny"] = ([3, 3, 9, 3], [96, 192, 384, 768], 1e-6),
            ["convnext_small"] = ([3, 3, 27, 3], [96, 192, 384, 768], 1e-6),
            ["convnext_base"] = ([3, 3, 27, 3], [128, 256, 512, 1024], 1e-6),
            ["convnext_large"] = ([3, 3, 27, 3], [192, 384, 768, 1536], 1e-6),
            ["convnext_xlarge"] = ([3, 3, 27, 3], [256, 512, 1024, 2048], 1e-6),
            ["convnext_xxlarge"] = ([3, 4, 30, 3], [384, 768, 1536, 3072], 1e-5),
        };

    /// <summary>timm's name, which decides the LayerNorms' epsilon.</summary>
    public string Name { get; init; } = "convnext_base";

    /// <summary>How many blocks each stage has.</summary>
    public IReadOnlyList<int> Depths { get; init; } = Published["convnext_base"].Depths;

    /// <summary>Channels of each stage.</summary>
    public IReadOnlyList<int> Widths { get; init; } = Published["convnext_base"].Widths;

    /// <summary>Whether two linear layers with GELU between them lead into the shared space, not one.</summary>
    public bool HasTwoLayers { get; init; }

    /// <summary>Whether the last of them has a bias.</summary>
    public bool HasProjectionBias { get; init; }

    /// <summary>
    /// The probability that training leaves out the last block's branch for a picture; that of earlier blocks rises to it from 0
    /// (stochastic depth, arXiv:1603.09382).
    /// </summary>
    public double DropPath { get; init; }

    /// <summary>Added to the variance in every LayerNorm.</summary>
    public double LayerNormEps => Published[Name].Eps;

    /// <summary>Places of the last stage's grid in a row.</summary>
    internal int Side => ImageSize / Stride;

    /// <summary>Whether all sizes are the same.</summary>
    public bool Equals(ConvNextConfig? other) => base.Equals(other)
        && (Name, HasTwoLayers, HasProjectionBias, DropPath) == (other.Name, other.HasTwoLayers, other.HasProjectionBias, other.DropPath)
        && Depths.SequenceEqual(other.Depths) && Widths.SequenceEqual(other.Widths);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Name, HasTwoLayers, Depths.Sum(), Widths.Sum());

    internal override void Validate(string source)
    {
        ClipConfig.Positive(source, ImageSize, "vision image_size", MaxSide);
        if (!Published.ContainsKey(Name))
            throw new ClipException($"{source}: timm_model_name {Name} is not known; {string.Join(", ", Published.Keys)} are.");
        if (Depths.Count == 0 || Depths.Count != Widths.Count)
            throw new ClipException($"{source}: a ConvNeXt has {Depths.Count} depths and {Widths.Count} dims; give as many.");
        foreach (var depth in Depths) ClipConfig.Positive(source, depth, "a stage's depth", ClipConfig.MaxLayers);
        foreach (var width in Widths) ClipConfig.Positive(source, width, "a stage's width", ClipConfig.MaxWidth);
        if (ImageSize < Stride)
            throw new ClipException($"{source}: image_size {ImageSize} is less than {Stride}, which a ConvNeXt needs.");
        if (DropPath is not (>= 0 and < 1))
            throw new ClipException(
                FormattableString.Invariant($"{source}: timm_drop_path is {DropPath}; give a number from 0 to below 1."));
    }
}
