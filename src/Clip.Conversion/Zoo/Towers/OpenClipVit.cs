using Clip.Conversion.Checkpoints;
using Clip.Conversion.Onnx;
using Clip.Conversion.Zoo.Blocks;

namespace Clip.Conversion.Zoo.Towers;

/// <summary>open_clip's own Vision Transformer with the switches of its <c>CLIPVisionCfg</c>.</summary>
internal sealed record OpenClipVit : ImageTower
{
    private const string Prefix = "visual.";

    /// <inheritdoc/>
    public override string Family => Pool is not null ? "open_clip's ViT with attentional pooling (CoCa)"
        : !HasNormBefore ? "open_clip's ViT (CLIPA)" : "open_clip's ViT";

    public required int PatchSize { get; init; }

    public required OpenClipBlock Block { get; init; }

    public bool HasNormBefore { get; init; } = true;

    /// <summary>Whether the patches' mean is the feature, not the class token.</summary>
    public bool IsAverage { get; init; }

    /// <summary>Whether the last norm comes behind the pooling.</summary>
    public bool NormsPooled { get; init; }

    /// <summary>Learned queries that attend to all tokens; null for none.</summary>
    public AttentionalPool? Pool { get; init; }

    public override string Sizes => $"patch {PatchSize}, {Block.Sizes}";

    private int Tokens => ImageSize / PatchSize * (ImageSize / PatchSize) + 1;

    public override string Features(TowerWriter net, string pixels)
    {
        var (width, eps) = (Block.Width, Block.Eps);
        net.Scope($"{Prefix}embed");
        var patches = net.Patches(pixels, $"{Prefix}conv1", width, PatchSize, ImageSize, hasBias: false);
        var x = net.Prepend(net.Weight($"{Prefix}class_embedding", width), patches, pixels, width);
        x = net.Reshape(net.Add(x, net.Weight($"{Prefix}positional_embedding", Tokens, width)), -1, width);
        if (HasNormBefore) x = net.LayerNorm(x, $"{Prefix}ln_pre", width, eps);
        net.Places = Tokens;
        var readsFirst = Pool is null && !IsAverage;
        x = new TransformerBlock(net, Block.Plan, Tokens).All($"{Prefix}transformer.resblocks.", Block.Layers, x, readsFirst: readsFirst);

        net.Scope($"{Prefix}pool");
        if (Pool is { } pool) return net.Project(Pooled(net, x, pool), $"{Prefix}proj", EmbedDim, EmbedDim);
        if (!IsAverage) x = net.LayerNorm(x, $"{Prefix}ln_post", width, eps);
        else if (NormsPooled) x = net.LayerNorm(net.Mean(x, Tokens, width, 1), $"{Prefix}ln_post", width, eps);
        else x = net.Mean(net.LayerNorm(x, $"{Prefix}ln_post", width, eps), Tokens, width, 1);
        return net.Project(x, $"{Prefix}proj", width, EmbedDim);
    }

    /// <summary>CoCa's: of the queries' results the first, or the mean of the others.</summary>
    private string Pooled(TowerWriter net, string x, AttentionalPool pool)
    {
        const string name = $"{Prefix}attn_pool.";
        var (parameters, width, queries) = (net.Parameters, Block.Width, IsAverage ? pool.Queries : 1);
        var attention = new AttentionGraph(net.Graph, EmbedDim, pool.Heads);
        var keys = net.LayerNorm(x, $"{name}ln_k", width, Block.Eps);
        var learned = parameters.Take($"{name}query", pool.Queries, EmbedDim);
        var query = net.Graph.Weight($"{name}query", TensorMath.Rows(learned, 0, queries));
        query = net.LayerNorm(query, $"{name}ln_q", EmbedDim, Block.Eps);
        // Where query and key have one width PyTorch stacks their projections.
        var parts = width == EmbedDim ? Qkv.InProjection.Take(parameters, name, width, EmbedDim) : Apart(parameters, name, width);
        net.Places = pool.Queries;
        var q = net.Product(
            query, $"{name}q", TensorMath.Scale(parts[0].Weight, attention.QueryScale),
            TensorMath.Scale(parts[0].Bias!, attention.QueryScale));
        net.Places = Tokens;
        var k = net.Product(keys, $"{name}k", parts[1].Weight, parts[1].Bias);
        var v = net.Product(keys, $"{name}v", parts[2].Weight, parts[2].Bias);
        net.CountAttention(pool.Queries, Tokens, EmbedDim);
        net.Places = pool.Queries;
        var joined = attention.Attend(q, attention.HeadShape(queries), k, v, attention.HeadShape(Tokens), mask: null);
        var pooled = net.LayerNorm(
            net.Linear(joined, $"{name}attn.out_proj", EmbedDim, EmbedDim), $"{Prefix}ln_post", EmbedDim, Block.Eps);
        return IsAverage ? net.Mean(pooled, queries, EmbedDim, 1) : pooled;
    }

    private (WeightTensor Weight, WeightTensor? Bias)[] Apart(Parameters parameters, string name, int width)
    {
        var bias = parameters.Take($"{name}attn.in_proj_bias", 3 * EmbedDim);
        return
        [
            (parameters.TakeLinear($"{name}attn.q_proj_weight", EmbedDim, EmbedDim), TensorMath.Rows(bias, 0, EmbedDim)),
            (parameters.TakeLinear($"{name}attn.k_proj_weight", EmbedDim, width), TensorMath.Rows(bias, EmbedDim, EmbedDim)),
            (parameters.TakeLinear($"{name}attn.v_proj_weight", EmbedDim, width), TensorMath.Rows(bias, 2 * EmbedDim, EmbedDim)),
        ];
    }
}

/// <summary>CoCa's attentional pooling.</summary>
/// <param name="Queries">How many learned queries.</param>
/// <param name="Heads">Attention heads.</param>
internal sealed record AttentionalPool(int Queries, int Heads);
