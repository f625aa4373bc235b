
namespace Clip.Conversion.Configs;

/// <summary>The image tower's sizes: a <see cref="VisionTransformerConfig"/> or a <see cref="ResNetConfig"/>.</summary>
public abstract record VisionConfig
{
    private protected VisionConfig()
    {
    }

    private protected const int MaxSide = 1 << 13;

    /// <summary>Height and width of the input in pixels.</summary>
    public int ImageSize { get; init; } = 224;

    /// <summary>Checks that the sizes fit each other.</summary>
    /// <exception cref="ClipException">One is not positive or does not divide the one it must.</exception>
    internal abstract void Validate(string source);
}

/// <summary>How a Vision Transformer's tokens become one feature.</summary>
public enum VisionPooling
{
    /// <summary>A class token is put before the patches, a LayerNorm before the blocks; the class token is projected: CLIP's own.</summary>
    ClassToken,

    /// <summary>
    /// No class token, no LayerNorm before the blocks, a bias on the patches; a learned probe attends to all patches, and an MLP
    /// follows: SigLIP's (Hugging Face's SiglipMultiheadAttentionPoolingHead, timm's AttentionPoolLatent). Not projected.
    /// </summary>
    AttentionHead,

    /// <summary>
    /// As <see cref="ClassToken"/>, but the mean of the patches is projected, without the class token (open_clip's <c>pool_type</c>
    /// <c>avg</c>).
    /// </summary>
    Average,
}

/// <summary>CoCa's pooling: learned queries attend to all tokens (arXiv:2205.01917, section 3.2).</summary>
/// <param name="Queries">How many; the first is the feature, or with <see cref="VisionPooling.Average"/> the mean of the others.</param>
/// <param name="Heads">Attention heads; divides the width of the shared space.</param>
public sealed record AttentionalPooling(int Queries, int Heads);

/// <summary>A Vision Transformer (CLIP paper, section 2.4). The defaults are ViT-B/32's.</summary>
public sealed record VisionTransformerConfig : VisionConfig
{
    /// <summary>Height and width of a patch in pixels; divides <see cref="VisionConfig.ImageSize"/>.</summary>
    public int PatchSize { get; init; } = 32;

    /// <summary>Channels of the residual stream.</summary>
    public int Width { get; init; } = 768;

    /// <summary>How many residual attention blocks.</summary>
    public int Layers { get; init; } = 12;

    /// <summary>How many attention heads; divides <see cref="Width"/>. OpenAI's rule is width / 64.</summary>
    public int Heads { get; init; } = 12;

    /// <summary>Channels inside the MLP; OpenAI's rule is 4 × <see cref="Width"/>.</summary>
    public int MlpWidth { get; init; } = 3072;

    /// <summary>How the tokens become one feature.</summary>
    public VisionPooling Pooling { get; init; }

    /// <summary>Whether a LayerNorm stands before the blocks, as in CLIP's own.</summary>
    public bool HasNormBefore { get; init; } = true;

    /// <summary>Whether the LayerNorm behind the blocks comes after the pooling; matters to a mean alone.</summary>
    public bool NormsPooled { get; init; }

    /// <summary>What the factors of each block's branches start with (LayerScale, arXiv:2103.17239); null for none.</summary>
    public double? LayerScale { get; init; }

    /// <summary>The share of patches that training leaves out (FLIP, arXiv:2212.00794); 0 for none.</summary>
    public double PatchDropout { get; init; }

    /// <summary>Queries that pool the tokens; null (default) for none.</summary>
    public AttentionalPooling? AttentionalPool { get; init; }

    /// <summary>Patches, and the class token where there is one.</summary>
    public int Tokens => ImageSize / PatchSize * (ImageSize / PatchSize) + (Pooling == VisionPooling.AttentionHead ? 0 : 1);

    /// <summary>Whether it computes what Hugging Face's <c>CLIPVisionModel</c> does not.</summary>
    internal bool IsOpenClips =>
        Pooling == VisionPooling.Average || !HasNormBefore || NormsPooled || LayerScale is not null || AttentionalPool is not null;

    internal override void Validate(string source)
    {
        ClipConfig.Positive(source, ImageSize, "vision image_size", MaxSide);
        ClipConfig.Positive(source, PatchSize, "vision patch_size", MaxSide);
        ClipConfig.Positive(source, Width, "vision width", ClipConfig.MaxWidth);
        ClipConfig.Positive(source, Layers, "vision layers", ClipConfig.MaxLayers);
        ClipConfig.Positive(source, Heads, "vision heads", ClipConfig.MaxWidth);
        ClipConfig.Positive(source, MlpWidth, "vision MLP width", ClipConfig.MaxMlpWidth);
        // SigLIP has images of 384 pixels with patches of 14: what is left over is not looked at.
        if (Pooling != VisionPooling.AttentionHead) ClipConfig.Divides(source, PatchSize, ImageSize, "vision patch_size", "image_size");
        else if (PatchSize > ImageSize)
            throw new ClipException($"{source}: vision patch_size {PatchSize} is larger than image_size {ImageSize}; correct one.");
        ClipConfig.Divides(source, Heads, Width, "vision heads", "width");
        if (PatchDropout is not (>= 0 and < 1))
            throw new ClipException(
                FormattableString.Invariant($"{source}: patch_dropout is {PatchDropout}; give a number from 0 to below 1."));
        if (LayerScale is { } scale && !double.IsFinite(scale))
            throw new ClipException(FormattableString.Invariant($"{source}: ls_init_value is {scale}; give a finite number."));
        if (AttentionalPool is { } pool)
        {
            ClipConfig.Positive(source, pool.Queries, "attn_pooler_queries", ClipConfig.MaxTokens);
            ClipConfig.Positive(source, pool.Heads, "attn_pooler_heads", ClipConfig.MaxWidth);
            if (pool.Queries < 2 && Pooling == VisionPooling.Average)
                throw new ClipException($"{source}: the mean of an attentional pool needs 2 attn_pooler_queries; it has {pool.Queries}.");
        }

        if (Tokens > ClipConfig.MaxTokens)
            throw new ClipException(
                $"{source}: image_size {ImageSize} with patch_size {PatchSize} makes {Tokens} tokens; "
                + $"at most {ClipConfig.MaxTokens} are supported.");
    }
}

/// <summary>CLIP's ResNet with attention pooling (CLIP paper, section 2.4). The defaults are RN50's.</summary>
public sealed record ResNetConfig : VisionConfig
{
    /// <summary>How many pixels of an image become one place of the last grid; divides <see cref="VisionConfig.ImageSize"/>.</summary>
    internal const int Stride = 32;

    /// <summary>How many times the channels between its convolutions a bottleneck puts out.</summary>
    internal const int Expansion = 4;

    /// <summary>Channels behind the stem; even. The four stages put out 4, 8, 16 and 32 times as many.</summary>
    public int Width { get; init; } = 64;

    /// <summary>How many bottlenecks each of the four stages has.</summary>
    public IReadOnlyList<int> Blocks { get; init; } = [3, 4, 6, 3];

    /// <summary>Heads of the attention pooling; divides <see cref="Features"/>. OpenAI's rule is <see cref="Features"/> / 64.</summary>
    public int Heads { get; init; } = 32;

    /// <summary>Channels of the last stage, over which the pooling attends: 32 × <see cref="Width"/>.</summary>
    public int Features => 32 * Width;

    /// <summary>Places of the last stage's grid and their mean, which the pooling puts first.</summary>
    public int Tokens => ImageSize / Stride * (ImageSize / Stride) + 1;

    /// <summary>Whether all sizes are the same.</summary>
    public bool Equals(ResNetConfig? other) =>
        base.Equals(other) && (Width, Heads) == (other.Width, other.Heads) && Blocks.SequenceEqual(other.Blocks);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Width, Heads, Blocks.Sum());

    internal override void Validate(string source)
    {
        ClipConfig.Positive(source, ImageSize, "vision image_size", MaxSide);
        ClipConfig.Positive(source, Width, "vision width", ClipConfig.MaxWidth);
        ClipConfig.Positive(source, Heads, "vision heads", ClipConfig.MaxWidth);
        if (Blocks.Count != 4)
        {
            throw new ClipException(
                $"{source}: a ResNet's layers are [{string.Join(", ", Blocks)}]; give the bottlenecks of its four stages.");
        }

        foreach (var count in Blocks) ClipConfig.Positive(source, count, "a ResNet stage's layers", ClipConfig.MaxLayers);
        ClipConfig.Divides(source, Stride, ImageSize, "a ResNet's stride", "image_size");
        if (Width % 2 != 0)
            throw new ClipException($"{source}: a ResNet's width {Width} is odd; give an even one, for half of it is the stem's.");
        ClipConfig.Divides(source, Heads, Features, "vision heads", "32 × width =");
    }
}
