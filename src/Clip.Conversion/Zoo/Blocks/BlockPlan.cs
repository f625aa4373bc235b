namespace Clip.Conversion.Zoo.Blocks;

/// <summary>Where a block's norms stand.</summary>
internal enum NormPlace
{
    /// <summary>x + f(norm x): most.</summary>
    Before,

    /// <summary>x + norm(f x): EVA02-E's.</summary>
    BehindBranch,

    /// <summary>norm(x + f x): BERT's.</summary>
    BehindSum,
}

/// <summary>The second half of a block.</summary>
/// <param name="Inputs">The widening layer; or two, of which the first, activated, is multiplied with the second.</param>
/// <param name="Output">The narrowing layer.</param>
internal sealed record MlpPlan(string[] Inputs, string Output)
{
    /// <summary>Channels between.</summary>
    public required int Width { get; init; }

    public Nonlinearity Activation { get; init; } = Nonlinearity.Gelu;

    /// <summary>A LayerNorm of its own, before the narrowing layer; null for none.</summary>
    public string? InnerNorm { get; init; }

    /// <summary>A LayerNorm of its own, before the widening layer; null for none.</summary>
    public string? OuterNorm { get; init; }
}

/// <summary>
/// A Transformer's block as data: what its parts are called, behind the block's own name, and which it has. Families differ in this, not in
/// code. The names' defaults are timm's.
/// </summary>
internal sealed record BlockPlan
{
    /// <summary>Channels of the residual stream.</summary>
    public required int Width { get; init; }

    public required int Heads { get; init; }

    public required MlpPlan Mlp { get; init; }

    /// <summary>Channels of all heads together where these are not <see cref="Width"/>, as T5 allows; 0 for the same.</summary>
    public int HeadsWidth { get; init; }

    public double Eps { get; init; } = 1e-6;

    public NormPlace Norms { get; init; }

    /// <summary>Whether norms take off no mean and have no bias: T5's.</summary>
    public bool IsRms { get; init; }

    public string AttentionNorm { get; init; } = "norm1";

    public string MlpNorm { get; init; } = "norm2";

    public Qkv Qkv { get; init; } = Qkv.Fused;

    public string Output { get; init; } = "attn.proj";

    /// <summary>Whether the linear layers beside query, key and value have biases.</summary>
    public bool HasBias { get; init; } = true;

    /// <summary>Whether scores are divided by √d; T5's are not.</summary>
    public bool ScalesScores { get; init; } = true;

    /// <summary>LayerScale behind the attention and behind the MLP; null for none.</summary>
    public string? AttentionGain { get; init; }

    public string? MlpGain { get; init; }

    /// <summary>A LayerNorm of the heads' joined outputs; null for none.</summary>
    public string? InnerNorm { get; init; }

    /// <summary>A LayerNorm behind the attention's output layer; null for none.</summary>
    public string? BranchNorm { get; init; }

    /// <summary>LayerNorms of each head's query and key, the same for all heads; null for none.</summary>
    public (string Query, string Key)? HeadNorms { get; init; }

    /// <summary>A factor for each head's output; null for none.</summary>
    public string? HeadScale { get; init; }

    /// <summary>
    /// The logarithm of a temperature for each head, by which cosines of query and key, instead of their products, are multiplied; null
    /// for products.
    /// </summary>
    public string? CosineScale { get; init; }

    /// <summary>Channels of all heads together.</summary>
    public int InnerWidth => HeadsWidth > 0 ? HeadsWidth : Width;

    public int HeadWidth => InnerWidth / Heads;
}
