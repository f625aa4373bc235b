using Clip.Conversion.Zoo.Blocks;

namespace Clip.Conversion.Zoo.Towers;

/// <summary>The switches that open_clip has for the blocks of its own towers, image's and text's alike.</summary>
internal sealed record OpenClipBlock
{
    public required int Width { get; init; }

    public required int Layers { get; init; }

    public required int Heads { get; init; }

    public required int MlpWidth { get; init; }

    public double Eps { get; init; } = 1e-5;

    public Nonlinearity Activation { get; init; }

    public bool HasLayerScale { get; init; }

    public bool NormsHeads { get; init; }

    public bool IsCosine { get; init; }

    public bool ScalesHeads { get; init; }

    public bool NormsInner { get; init; }

    public bool NormsBranch { get; init; }

    public bool NormsMlp { get; init; }

    public string Sizes => $"width {Width}, {Layers} layers, {Heads} heads, MLP {MlpWidth}";

    public BlockPlan Plan => new()
    {
        Width = Width,
        Heads = Heads,
        Eps = Eps,
        AttentionNorm = "ln_1",
        MlpNorm = "ln_2",
        Qkv = Qkv.InProjection,
        Output = "attn.out_proj",
        AttentionGain = HasLayerScale ? "ls_1.gamma" : null,
        MlpGain = HasLayerScale ? "ls_2.gamma" : null,
        HeadNorms = NormsHeads ? ("attn.ln_q", "attn.ln_k") : null,
        CosineScale = IsCosine ? "attn.logit_scale" : null,
        HeadScale = ScalesHeads ? "attn.head_scale" : null,
        InnerNorm = NormsInner ? "attn.ln_inner" : null,
        BranchNorm = NormsBranch ? "ln_attn" : null,
        Mlp = new MlpPlan(["mlp.c_fc"], "mlp.c_proj")
        {
            Width = MlpWidth,
            Activation = Activation,
            InnerNorm = NormsMlp ? "mlp.ln" : null,
        },
    };
}
