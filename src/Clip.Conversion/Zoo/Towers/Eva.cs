using Clip.Conversion.Zoo.Blocks;

namespace Clip.Conversion.Zoo.Towers;

/// <summary>timm's <c>Eva</c>: EVA-CLIP (arXiv:2303.15389), EVA02 (arXiv:2303.11331), the Perception Encoder (arXiv:2504.13181).</summary>
internal sealed record Eva : ImageTower
{
    public override string Family => Kind switch
    {
        EvaKind.Eva01 => "EVA01-CLIP",
        EvaKind.PerceptionEncoder => "Perception Encoder",
        _ => "EVA02-CLIP",
    };

    public required EvaKind Kind { get; init; }

    public required int PatchSize { get; init; }

    public required int Width { get; init; }

    public required int Layers { get; init; }

    public required int Heads { get; init; }

    public required int MlpWidth { get; init; }

    public required TimmHead Head { get; init; }

    /// <summary>Whether there is a class token; of EVA's it is the feature.</summary>
    public bool HasClassToken { get; init; } = true;

    /// <summary>What angles of positions are made by; null for none.</summary>
    public Rotary? Rotary { get; init; }

    /// <summary>The Perception Encoder's pooling.</summary>
    public int PoolHeads { get; init; }

    public int PoolMlpWidth { get; init; }

    public override string Sizes => $"patch {PatchSize}, width {Width}, {Layers} layers, {Heads} heads, MLP {MlpWidth}";

    private bool IsPerception => Kind == EvaKind.PerceptionEncoder;

    private double Eps => IsPerception ? 1e-5 : 1e-6;

    public override string Features(TowerWriter net, string pixels)
    {
        const string trunk = TimmHead.Trunk;
        var grid = ImageSize / PatchSize;
        var tokens = grid * grid + (HasClassToken ? 1 : 0);
        net.Scope($"{trunk}embed");
        var x = net.Patches(pixels, $"{trunk}patch_embed.proj", Width, PatchSize, ImageSize, hasBias: !IsPerception);
        if (HasClassToken) x = net.Prepend(net.Weight($"{trunk}cls_token", 1, 1, Width), x, pixels, Width);
        x = net.Reshape(net.Add(x, net.Weight($"{trunk}pos_embed", 1, tokens, Width)), -1, Width);
        if (IsPerception) x = net.LayerNorm(x, $"{trunk}norm_pre", Width, Eps);
        net.Places = tokens;
        x = new TransformerBlock(net, Plan, tokens) { Rotary = Rotary }.All($"{trunk}blocks.", Layers, x, readsFirst: !IsPerception);
        x = net.LayerNorm(x, $"{trunk}norm", Width, Eps);
        if (IsPerception)
            x = new LatentPool($"{trunk}attn_pool.", Width, PoolHeads, PoolMlpWidth, Eps, Nonlinearity.Gelu).Write(net, x, tokens);
        return Head.Write(net, x, Width, EmbedDim);
    }

    private BlockPlan Plan
    {
        get
        {
            var mlp = new MlpPlan(["mlp.fc1"], "mlp.fc2") { Width = MlpWidth };
            var plain = new BlockPlan { Width = Width, Heads = Heads, Eps = Eps, Mlp = mlp };
            return Kind switch
            {
                EvaKind.Eva01 => plain with { Qkv = Qkv.FusedWithoutKeyBias },
                EvaKind.Eva02Enormous => plain with { Qkv = Qkv.FusedWithoutKeyBias, Norms = NormPlace.BehindBranch },
                EvaKind.Eva02 => plain with
                {
                    Qkv = Qkv.Apart("attn.q_proj", "attn.k_proj", "attn.v_proj", hasKeyBias: false),
                    InnerNorm = "attn.norm",
                    Mlp = new MlpPlan(["mlp.fc1_g", "mlp.fc1_x"], "mlp.fc2")
                    {
                        Width = MlpWidth,
                        Activation = Nonlinearity.Silu,
                        InnerNorm = "mlp.norm",
                    },
                },
                _ => plain,
            };
        }
    }
}

/// <summary>How the blocks of the families differ that timm has as <c>Eva</c>.</summary>
internal enum EvaKind
{
    /// <summary>Pre-norm, plain MLP.</summary>
    Eva01,

    /// <summary>Rotary positions, SwiGLU, norms inside.</summary>
    Eva02,

    /// <summary>Norms behind the branches, plain MLP.</summary>
    Eva02Enormous,

    /// <summary>Rotary positions, plain MLP, attention pooling.</summary>
    PerceptionEncoder,
}
