using Clip.Conversion.Zoo.Blocks;

namespace Clip.Conversion.Zoo.Towers;

/// <summary>Hugging Face's CLIP image tower beside text towers that are not CLIP's: Chinese-CLIP's and AltCLIP's.</summary>
internal sealed record HuggingFaceVit : ImageTower
{
    private const string Prefix = "vision_model.";

    public override string Family => "Hugging Face's CLIP ViT";

    public required int PatchSize { get; init; }

    public required BlockPlan Block { get; init; }

    public required int Layers { get; init; }

    public override string Sizes => $"patch {PatchSize}, width {Block.Width}, {Layers} layers, {Block.Heads} heads, MLP {Block.Mlp.Width}";

    /// <summary>Its blocks.</summary>
    public static BlockPlan Plan(int width, int heads, int mlpWidth, double eps, Nonlinearity activation) => new()
    {
        Width = width,
        Heads = heads,
        Eps = eps,
        AttentionNorm = "layer_norm1",
        MlpNorm = "layer_norm2",
        Qkv = Qkv.Apart("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
        Output = "self_attn.out_proj",
        Mlp = new MlpPlan(["mlp.fc1"], "mlp.fc2") { Width = mlpWidth, Activation = activation },
    };

    public override string Features(TowerWriter net, string pixels)
    {
        var width = Block.Width;
        var tokens = ImageSize / PatchSize * (ImageSize / PatchSize) + 1;
        net.Scope($"{Prefix}embeddings");
        var patches = net.Patches(pixels, $"{Prefix}embeddings.patch_embedding", width, PatchSize, ImageSize, hasBias: false);
        var x = net.Prepend(net.Weight($"{Prefix}embeddings.class_embedding", width), patches, pixels, width);
        x = net.Reshape(net.Add(x, net.Weight($"{Prefix}embeddings.position_embedding.weight", tokens, width)), -1, width);
        // The name is misspelled in Hugging Face's files.
        x = net.LayerNorm(x, $"{Prefix}pre_layrnorm", width, Block.Eps);
        net.Places = tokens;
        x = new TransformerBlock(net, Block, tokens).All($"{Prefix}encoder.layers.", Layers, x, readsFirst: true);
        net.Scope("visual_projection");
        net.Places = 1;
        x = net.LayerNorm(x, $"{Prefix}post_layernorm", width, Block.Eps);
        return net.Project(x, "visual_projection", width, EmbedDim, hasBias: false);
    }
}
