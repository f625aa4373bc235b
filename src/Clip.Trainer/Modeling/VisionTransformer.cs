using Clip.Conversion.Configs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// CLIP's Vision Transformer (CLIP paper, section 2.4; openai/CLIP model.py): patch embedding without bias, class token first,
/// learned positions, a LayerNorm before the blocks, and a projection of the class token after one behind them; and open_clip's
/// kinds of it, as its config says.
/// </summary>
public sealed class VisionTransformer : ImageTower
{
    private readonly Conv2d conv1;
    private readonly Parameter class_embedding;
    private readonly Parameter positional_embedding;
    private readonly LayerNorm? ln_pre;
    private readonly Transformer transformer;
    private readonly AttentionalPooler? attn_pool;
    private readonly LayerNorm ln_post;
    private readonly Parameter proj;
    private readonly VisionTransformerConfig _vision;

    /// <summary>Creates the tower with random weights.</summary>
    /// <param name="vision">The tower's sizes.</param>
    /// <param name="config">The model's: width of the features, activation and the LayerNorm's epsilon.</param>
    public VisionTransformer(VisionTransformerConfig vision, ClipConfig config)
        : base(nameof(VisionTransformer), (vision ?? throw new ArgumentNullException(nameof(vision))).Width)
    {
        ArgumentNullException.ThrowIfNull(config);
        config = config.OfVision;
        _vision = vision;
        var scale = Math.Pow(vision.Width, -0.5);
        conv1 = nn.Conv2d(3, vision.Width, vision.PatchSize, stride: vision.PatchSize, bias: false);
        class_embedding = Initialize.Normal(scale, vision.Width);
        positional_embedding = Initialize.Normal(scale, vision.Tokens, vision.Width);
        if (vision.HasNormBefore) ln_pre = nn.LayerNorm(vision.Width, eps: config.LayerNormEps);
        transformer = new Transformer(
            vision.Width, vision.Layers, vision.Heads, vision.MlpWidth, causal: false, config, vision.LayerScale);
        if (vision.AttentionalPool is { } pool)
            attn_pool = new AttentionalPooler(pool, vision.Width, config.EmbedDim, !IsAverage, config.LayerNormEps);
        var pooled = attn_pool is null ? vision.Width : config.EmbedDim;
        ln_post = nn.LayerNorm(pooled, eps: config.LayerNormEps);
        proj = Initialize.Normal(scale, pooled, config.EmbedDim);
        RegisterComponents();
    }

    private bool IsAverage => _vision.Pooling == VisionPooling.Average;

    /// <summary>Encodes images.</summary>
    /// <param name="input">[B, 3, S, S] normalized pixels.</param>
    /// <returns>[B, D] projected features, not normalized.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        if (IsAverage || attn_pool is not null) return Pooled(transformer.forward(Embed(input))).MoveToOuterDisposeScope();
        var pooled = transformer.Pool(Embed(input), rows => rows.narrow(1, 0, 1), mask: null);
        return ln_post.forward(pooled).matmul(proj).MoveToOuterDisposeScope();
    }

    /// <summary>The feature of all tokens behind the blocks, [B, 1 + P, W] → [B, D].</summary>
    private Tensor Pooled(Tensor tokens)
    {
        var x = attn_pool is null ? tokens : attn_pool.forward(tokens);
        // Of one row it does not matter which comes first.
        if (attn_pool is not null || !_vision.NormsPooled) x = ln_post.forward(x);
        x = IsAverage ? x.narrow(1, 1, x.shape[1] - 1).mean([1]) : x.select(1, 0);
        if (IsAverage && attn_pool is null && _vision.NormsPooled) x = ln_post.forward(x);
        return x.matmul(proj);
    }

    /// <inheritdoc/>
    public override (Tensor Feature, Tensor Grid) WithGrid(Tensor input)
    {
        using var scope = NewDisposeScope();
        var tokens = transformer.forward(Embed(input));
        if (_vision.IsOpenClips)
            return (Pooled(tokens).MoveToOuterDisposeScope(), tokens.narrow(1, 1, tokens.shape[1] - 1).MoveToOuterDisposeScope());
        var x = ln_post.forward(tokens);
        var feature = x.select(1, 0).matmul(proj);
        return (feature.MoveToOuterDisposeScope(), x.narrow(1, 1, x.shape[1] - 1).MoveToOuterDisposeScope());
    }

    /// <summary>The class token and the patches with their positions, [B, 1 + P, W].</summary>
    private Tensor Embed(Tensor input)
    {
        var classToken = class_embedding.expand(input.shape[0], 1, class_embedding.shape[0]);
        var x = cat([classToken, Patches(input)], 1).Plus(positional_embedding);
        if (training && _vision.PatchDropout > 0) x = PatchDropout.Apply(x, _vision.PatchDropout);
        return ln_pre is null ? x : ln_pre.forward(x);
    }

    /// <summary>
    /// The patch convolution as a matrix product: stride equals kernel, so every pixel belongs to one patch, and the product
    /// is several times faster than a convolution's backward pass on a CPU.
    /// </summary>
    private Tensor Patches(Tensor input)
    {
        long patch = conv1.weight.shape[2], width = conv1.weight.shape[0], batch = input.shape[0];
        long rows = input.shape[2] / patch, columns = input.shape[3] / patch;
        var cells = input.view(batch, 3, rows, patch, columns, patch).permute(0, 2, 4, 1, 3, 5)
            .reshape(batch, rows * columns, 3 * patch * patch);
        return cells.matmul(conv1.weight.view(width, -1).t());
    }
}
