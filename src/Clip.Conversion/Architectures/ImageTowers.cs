using Clip.Conversion.Configs;

namespace Clip.Conversion.Architectures;

/// <summary>The layouts of the image towers.</summary>
internal static class ImageTowers
{
    /// <summary>Adds the tower that a config asks for.</summary>
    public static void Add(LayoutBuilder builder, ClipConfig config)
    {
        if (config.Vision is ConvNextConfig convNext) ConvNextTower.Add(builder, convNext, config.EmbedDim);
        else if (config.Vision is ResNetConfig resNet) ResNet(builder, resNet, config.EmbedDim);
        else if (config.IsSiglip) Siglip(builder, (VisionTransformerConfig)config.Vision);
        else VisionTransformer(builder, (VisionTransformerConfig)config.Vision, config.EmbedDim);
    }

    /// <summary>CLIP's Vision Transformer (CLIP paper, section 2.4).</summary>
    private static void VisionTransformer(LayoutBuilder builder, VisionTransformerConfig vision, int embedDim)
    {
        var deviation = Math.Pow(vision.Width, -0.5);
        var (embedding, behind) = (new Place(Tower.Image, 0), new Place(Tower.Image, vision.Layers + 1));
        builder.Place = embedding;
        builder.Normal(ClipNames.Image.ClassToken, deviation, vision.Width);
        builder.Normal(ClipNames.Image.Positions, deviation, vision.Tokens, vision.Width);
        builder.Place = behind;
        var pooled = vision.AttentionalPool is null ? vision.Width : embedDim;
        builder.Projection(ClipNames.Image.Projection, StartingValues.Normal(deviation), pooled, embedDim);
        builder.Place = embedding;
        builder.Convolution(ClipNames.Image.Patches, 3, vision.Width, vision.PatchSize);
        if (vision.HasNormBefore) builder.Norm(ClipNames.Image.NormBefore, vision.Width);
        builder.Blocks(ClipNames.Image.Blocks, Tower.Image, vision.Layers, vision.Width, vision.MlpWidth, vision.LayerScale);
        builder.Place = behind with { LockGroup = vision.Layers };
        builder.Norm(ClipNames.Image.NormBehind, pooled);
        if (vision.AttentionalPool is not { } pool) return;
        builder.Place = behind;
        AttentionalPool(builder, pool, vision.Width, embedDim);
    }

    /// <summary>
    /// CoCa's pooling (open_clip's AttentionalPooler); PyTorch stacks query, key and value where they have one width, and starts them
    /// uniform (Glorot and Bengio 2010).
    /// </summary>
    private static void AttentionalPool(LayoutBuilder builder, AttentionalPooling pool, long width, long embedDim)
    {
        const string name = ClipNames.Image.AttentionalPool;
        builder.Normal(new($"{name}.query"), 1, pool.Queries, embedDim);
        if (width == embedDim)
        {
            builder.Glorot(new($"{name}.attn.in_proj_weight"), 3 * embedDim, embedDim);
        }
        else
        {
            builder.Glorot(new($"{name}.attn.q_proj_weight"), embedDim, embedDim);
            builder.Glorot(new($"{name}.attn.k_proj_weight"), embedDim, width);
            builder.Glorot(new($"{name}.attn.v_proj_weight"), embedDim, width);
        }

        builder.Constant(new($"{name}.attn.in_proj_bias"), 0, 3 * embedDim);
        builder.Uniform(new($"{name}.attn.out_proj.weight"), embedDim, embedDim, embedDim);
        builder.Constant(new($"{name}.attn.out_proj.bias"), 0, embedDim);
        builder.Norm(new($"{name}.ln_q"), embedDim);
        builder.Norm(new($"{name}.ln_k"), width);
    }

    /// <summary>SigLIP's (transformers' SiglipVisionTransformer; Big Vision's ViT with <c>pool_type="map"</c>).</summary>
    private static void Siglip(LayoutBuilder builder, VisionTransformerConfig vision)
    {
        long width = vision.Width;
        var deviation = Math.Pow(width, -0.5);
        builder.Place = new Place(Tower.Image, 0);
        builder.Convolution(ClipNames.Image.Patches, 3, width, vision.PatchSize);
        builder.Constant(ClipNames.Image.Patches.Bias, 0, width);
        builder.Normal(ClipNames.Image.Positions, deviation, vision.Tokens, width);
        builder.Blocks(ClipNames.Image.Blocks, Tower.Image, vision.Layers, width, vision.MlpWidth);
        var behind = new Place(Tower.Image, vision.Layers + 1);
        builder.Place = behind with { LockGroup = vision.Layers };
        builder.Norm(ClipNames.Image.NormBehind, width);
        builder.Place = behind;
        var head = ClipNames.Image.Head;
        builder.Normal(ClipNames.Image.Probe, deviation, 1, 1, width);
        builder.Attention(head + ClipNames.Head.InWeight, head + ClipNames.Head.InBias, head + ClipNames.Head.Out, width, deviation);
        builder.Norm(head + ClipNames.Head.Norm, width);
        builder.Mlp(
            head + ClipNames.Head.Widen, head + ClipNames.Head.Narrow, width, vision.MlpWidth,
            deviation, Math.Pow(vision.MlpWidth, -0.5));
    }

    /// <summary>CLIP's ResNet with attention pooling (CLIP paper, section 2.4): stem, four stages of bottlenecks, pooling.</summary>
    private static void ResNet(LayoutBuilder builder, ResNetConfig vision, int embedDim)
    {
        const string pool = ClipNames.ResNet.Pool;
        var inputs = vision.Width;
        builder.Place = new Place(Tower.Image, 0);
        Convolved(ClipNames.Image.Prefix, 1, 3, inputs / 2, 3);
        Convolved(ClipNames.Image.Prefix, 2, inputs / 2, inputs / 2, 3);
        Convolved(ClipNames.Image.Prefix, 3, inputs / 2, inputs, 3);
        for (var stage = 0; stage < vision.Blocks.Count; stage++)
        {
            builder.Place = new Place(Tower.Image, stage + 1);
            var planes = vision.Width << stage;
            var outputs = ResNetConfig.Expansion * planes;
            for (var i = 0; i < vision.Blocks[stage]; i++)
            {
                var block = $"{ClipNames.ResNet.Stage(stage)}{i}.";
                Convolved(block, 1, inputs, planes, 1);
                Convolved(block, 2, planes, planes, 3);
                // A block starts as its shortcut.
                Convolved(block, 3, planes, outputs, 1, gain: 0);
                if (i == 0) builder.Convolution(new(ClipNames.ResNet.Shortcut(block)), inputs, outputs, 1);
                if (i == 0) builder.BatchNorm(new(ClipNames.ResNet.ShortcutNorm(block)), outputs);
                inputs = outputs;
            }
        }

        builder.Place = new Place(Tower.Image, vision.Blocks.Count + 1);
        var deviation = Math.Pow(vision.Features, -0.5);
        builder.Normal(new(ClipNames.ResNet.PoolPositions), deviation, vision.Tokens, vision.Features);
        foreach (var projection in new[] { ClipNames.ResNet.Query, ClipNames.ResNet.Key, ClipNames.ResNet.Value })
            builder.PoolProjection(new($"{pool}.{projection}"), deviation, vision.Features, vision.Features, isProjection: false);
        builder.PoolProjection(new($"{pool}.{ClipNames.ResNet.Output}"), deviation, vision.Features, embedDim, isProjection: true);

        void Convolved(string prefix, int number, int from, int to, int kernel, float gain = 1)
        {
            builder.Convolution(new(ClipNames.ResNet.Convolution(prefix, number)), from, to, kernel);
            builder.BatchNorm(new(ClipNames.ResNet.Norm(prefix, number)), to, gain);
        }
    }
}
