using System.Text.Json;
using Clip.Conversion.Architectures;
using Clip.Conversion.Configs;
using Clip.Conversion.Zoo.Blocks;
using Clip.Conversion.Zoo.Towers;

namespace Clip.Conversion.Zoo.Reading;

/// <summary>open_clip's configs, with the defaults of its CLIPVisionCfg and CLIPTextCfg (open_clip src/open_clip/model.py).</summary>
internal static class OpenClipModels
{
    /// <summary>Keys of open_clip's that only training or the preparation of inputs reads.</summary>
    private static readonly string[] IdleVision =
        ["patch_dropout", "output_tokens", "timm_model_pretrained", "timm_drop", "timm_drop_path", "image_seq_len"];

    private static readonly string[] IdleText =
    [
        "hf_tokenizer_name", "tokenizer_kwargs", "tokenizer_mode", "tokenizer_type", "tiktoken_name", "output_tokens",
        "hf_model_pretrained",
        "variable_text", "bos_id",
        // The same numbers before or behind the pooling of one token.
        "final_ln_after_pool",
    ];

    public static ZooModel Read(JsonElement root, Sizes sizes)
    {
        var keys = new ConfigKeys(root, "model_cfg", sizes.Source);
        var (vision, text) = (keys.Section("vision_cfg"), keys.Section("text_cfg"));
        var embedDim = keys.Int("embed_dim", 512);
        var decoder = keys.Section("multimodal_cfg");
        var isCustom = keys.Flag("custom_text") || text.Has("hf_model_name") || keys.Has("multimodal_cfg");
        var isQuick = keys.Flag("quick_gelu");
        var hasBias = sizes.Has(ClipNames.LogitBias, keys.Has("init_logit_bias"));
        if (keys.Has("init_logit_bias") && !hasBias)
            throw new ClipException(
                $"{sizes.Source} has an init_logit_bias, but the checkpoint no weight '{ClipNames.LogitBias}'; give a complete checkpoint, "
                + "or its own config.");
        _ = keys.Value("init_logit_scale");
        keys.RefuseOthers("output_dict", "cast_dtype", "model_type");
        ClipConfig.Positive(sizes.Source, embedDim, "embed_dim", ClipConfig.MaxWidth);
        var prefix = sizes.Has("text.token_embedding.weight", isCustom) ? "text." : "";
        return new ZooModel
        {
            Image = vision.Has("timm_model_name") ? TimmTowers.Read(vision, sizes, embedDim) : Vision(vision, sizes, embedDim, isQuick),
            Text = text.Has("hf_model_name")
                ? HuggingFaceTexts.Read(text, sizes, embedDim)
                : Text(text, sizes, embedDim, isQuick, prefix),
            HasLogitBias = hasBias,
            Decoder = Decoder(decoder, keys.Has("multimodal_cfg")),
        };
    }

    /// <summary>Refuses what <see cref="IdleVision"/> does not name and nobody read.</summary>
    internal static void RefuseOthers(ConfigKeys vision) => vision.RefuseOthers(IdleVision);

    /// <inheritdoc cref="RefuseOthers(ConfigKeys)"/>
    internal static void RefuseOtherText(ConfigKeys text) => text.RefuseOthers(IdleText);

    private static OpenClipVit Vision(ConfigKeys keys, Sizes sizes, int embedDim, bool isQuick)
    {
        if (keys.Value("layers") is { ValueKind: JsonValueKind.Array })
            throw new ClipException(
                $"{sizes.Source}: a ResNet beside this text tower is not supported; give a Vision Transformer's model.");
        var (width, headWidth) = (keys.Int("width", 768), keys.Int("head_width", 64));
        ClipConfig.Positive(sizes.Source, headWidth, "vision head_width", ClipConfig.MaxWidth);
        var block = Block(keys, sizes.Source, width, width / headWidth, isQuick);
        var pool = keys.Value("attentional_pool") is { ValueKind: not JsonValueKind.False } attentional
            ? attentional.ValueKind == JsonValueKind.True
                ? new AttentionalPool(
                    sizes.Of("visual.attn_pool.query", 0, keys.Int("attn_pooler_queries", 256)), keys.Int("attn_pooler_heads", 8))
                : throw new ClipException($"{sizes.Source}: attentional_pool '{attentional}' is not supported; true is.")
            : null;
        if (pool is not null) ClipConfig.Divides(sizes.Source, pool.Heads, embedDim, "attn_pooler_heads", "embed_dim");
        var pooling = keys.Text("pool_type", "tok");
        if (pooling is not ("tok" or "avg"))
            throw new ClipException($"{sizes.Source}: the image tower's pool_type '{pooling}' is not supported; tok and avg are.");
        if (keys.Text("pos_embed_type", "learnable") is not ("learnable" or "sin_cos_2d"))
            throw new ClipException($"{sizes.Source}: pos_embed_type '{keys.Text("pos_embed_type", "")}' is not supported.");
        var tower = new OpenClipVit
        {
            ImageSize = keys.Int("image_size", 224),
            EmbedDim = embedDim,
            PatchSize = keys.Int("patch_size", 16),
            Block = block,
            HasNormBefore = !keys.Flag("no_ln_pre"),
            IsAverage = pooling == "avg",
            NormsPooled = keys.Flag("final_ln_after_pool"),
            Pool = pool,
        };
        // Without pooling of its own these are read by nobody.
        RefuseOthers(keys.Also("attn_pooler_queries", "attn_pooler_heads"));
        SizeRules.Patches(sizes.Source, tower.ImageSize, tower.PatchSize);
        return tower;
    }

    private static OpenClipText Text(ConfigKeys keys, Sizes sizes, int embedDim, bool isQuick, string prefix)
    {
        var (vocabulary, width) = (keys.Int("vocab_size", 49408), keys.Int("width", 512));
        var projection = keys.Text("proj_type", "linear") switch
        {
            "linear" => keys.Flag("proj_bias") ? TextProjection.Linear : TextProjection.Matrix,
            "none" => TextProjection.None,
            var other => throw new ClipException($"{sizes.Source}: proj_type '{other}' is not supported; linear and none are."),
        };
        if (projection == TextProjection.None && width != embedDim)
            throw new ClipException($"{sizes.Source}: proj_type is none, but the text tower's width {width} is not embed_dim {embedDim}.");
        if (keys.Text("text_arch", "clip") is not "clip" and var arch)
            throw new ClipException($"{sizes.Source}: text_arch '{arch}' is not supported; clip is.");
        var hasClassToken = keys.Flag("embed_cls");
        if (hasClassToken && keys.Int("pad_id", 0) != 0)
            throw new ClipException($"{sizes.Source}: a CoCa with pad_id {keys.Int("pad_id", 0)} is not supported; 0 is.");
        var pooling = keys.Text("pool_type", "argmax") switch
        {
            "argmax" => TextPooling.Argmax,
            "eos" => TextPooling.Eos,
            "first" => TextPooling.First,
            "last" => TextPooling.Last,
            var other => throw new ClipException($"{sizes.Source}: pool_type '{other}' is not supported; eos, argmax, first and last are."),
        };
        var text = new OpenClipText
        {
            Prefix = prefix,
            EmbedDim = embedDim,
            ContextLength = keys.Int("context_length", 77),
            VocabSize = vocabulary,
            Block = Block(keys, sizes.Source, width, keys.Int("heads", 8), isQuick),
            IsCausal = !keys.Flag("no_causal_mask"),
            Pooling = pooling,
            EosId = keys.Int("eos_id", vocabulary - 1),
            Projection = projection,
            HasClassToken = hasClassToken,
        };
        _ = (keys.Value("pad_id"), keys.Value("proj_bias"));
        RefuseOtherText(keys);
        SizeRules.Text(sizes.Source, text.ContextLength, vocabulary, width);
        return text;
    }

    private static OpenClipBlock Block(ConfigKeys keys, string source, int width, int heads, bool isQuick)
    {
        var activation = keys.Section("act_kwargs");
        var approximate = activation.Text("approximate", "none");
        activation.RefuseOthers();
        if (approximate is not ("none" or "tanh"))
            throw new ClipException($"{source}: act_kwargs approximate '{approximate}' is not supported; none and tanh are.");
        if (isQuick && approximate == "tanh")
            throw new ClipException($"{source}: quick_gelu and act_kwargs exclude each other; correct the config.");
        var norm = keys.Section("norm_kwargs");
        var layers = keys.Int("layers", 12);
        var block = new OpenClipBlock
        {
            Width = width,
            Layers = layers,
            Heads = heads,
            MlpWidth = (int)(width * keys.Double("mlp_ratio", 4)),
            Eps = norm.Double("eps", 1e-5),
            Activation = isQuick ? Nonlinearity.QuickGelu : approximate == "tanh" ? Nonlinearity.GeluTanh : Nonlinearity.Gelu,
            HasLayerScale = keys.Has("ls_init_value"),
            NormsHeads = keys.Flag("qk_norm"),
            IsCosine = keys.Flag("scaled_cosine_attn"),
            ScalesHeads = keys.Flag("scale_heads"),
            NormsInner = keys.Flag("scale_attn_inner"),
            NormsBranch = keys.Flag("scale_attn"),
            NormsMlp = keys.Flag("scale_fc"),
        };
        norm.RefuseOthers();
        if (keys.Text("block_type", "default") is not ("default" or "custom"))
            throw new ClipException($"{source}: block_type '{keys.Text("block_type", "")}' is not supported; default and custom are.");
        SizeRules.Block(source, block.Plan, layers);
        return block;
    }

    private static Captioner? Decoder(ConfigKeys keys, bool isThere)
    {
        if (!isThere) return null;
        var width = keys.Int("width", 512);
        return new Captioner(
            width, keys.Int("layers", 12), (int)(width * keys.Double("mlp_ratio", 4)), keys.Int("vocab_size", 49408));
    }
}
