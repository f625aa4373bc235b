using System.Text.Json;
using Microsoft.ML.Clip.Inference;

namespace Clip.Conversion.Configs;

/// <summary>open_clip's model configs, with the defaults of its CLIPVisionCfg and CLIPTextCfg (open_clip src/open_clip/model.py).</summary>
internal static class OpenClipConfig
{
    public const string PoolType = "pool_type", NoCausalMask = "no_causal_mask", ProjectionBias = "proj_bias",
        TokenizerName = "hf_tokenizer_name", TokenizerOptions = "tokenizer_kwargs", Clean = "clean", StripSeparator = "strip_sep_token";

    /// <summary>PyTorch's epsilon, where <c>norm_kwargs</c> does not say another.</summary>
    public const double LayerNormEps = 1e-5;

    /// <summary>Keys that are read here or refused by name elsewhere, and those that change nothing in what is computed.</summary>
    private static readonly string[] RootKeys =
        [
            "embed_dim", "vision_cfg", "text_cfg", "quick_gelu", "init_logit_scale", "init_logit_bias", "custom_text", "output_dict",
            "cast_dtype", "model_type",
        ],
        TowerKeys =
        [
            "layers", "width", "mlp_ratio", "ls_init_value", PoolType, "final_ln_after_pool", "output_tokens", "act_kwargs", "norm_kwargs",
            "block_type", "qk_norm", "scaled_cosine_attn", "scale_heads", "scale_attn_inner", "scale_attn", "scale_fc",
        ],
        VisionKeys =
        [
            .. TowerKeys, "image_size", "head_width", "patch_size", "patch_dropout", "attentional_pool", "attn_pooler_queries",
            "attn_pooler_heads", "no_ln_pre", "pos_embed_type", "global_average_pool", "input_patchnorm", "image_seq_len",
            "timm_model_name", "timm_model_pretrained", "timm_pool", "timm_proj", "timm_proj_bias", "timm_drop", "timm_drop_path",
            "timm_model_kwargs",
        ],
        TextKeys =
        [
            .. TowerKeys, "context_length", "vocab_size", "heads", "embed_cls", "pad_id", "bos_id", "eos_id", NoCausalMask, ProjectionBias,
            "proj_type", "variable_text", "hf_tokenizer_name", "tokenizer_kwargs", "tokenizer_mode", "tokenizer_type",
            "tiktoken_name", "hf_model_name", "hf_model_pretrained", "hf_proj_type", "hf_pooler_type",
        ];

    /// <summary>Reads a config, SigLIP's too.</summary>
    /// <exception cref="ClipException">It asks for what is not supported.</exception>
    public static ClipConfig Read(JsonElement root, JsonElement vision, JsonElement text, string source)
    {
        if (SiglipConfigJson.IsSiglip(vision)) return SiglipConfigJson.FromOpenClip(root, vision, text, source);
        foreach (var (tower, key) in new[] { (vision, "timm_model_name"), (text, "hf_model_name"), (root, "multimodal_cfg") })
        {
            if (tower.Value(key) is { } value && !(key == "timm_model_name" && IsConvNext(vision)))
                throw new ClipException(
                    $"{source}: {key} {value} cannot be trained from scratch, only fine-tuned; give a config of a Vision "
                    + "Transformer, a ResNet or a ConvNeXt with CLIP's text tower.");
        }

        RefuseUnknown(root, "model_cfg", RootKeys, source);
        RefuseUnknown(vision, "vision_cfg", VisionKeys, source);
        RefuseUnknown(text, "text_cfg", TextKeys, source);
        var config = new ClipConfig
        {
            EmbedDim = root.Int("embed_dim", 512),
            Activation = Activation(root, vision, text, source),
            LogitScaleInit = root.Double("init_logit_scale", Math.Log(1 / 0.07)),
            LogitBiasInit = root.Value("init_logit_bias")?.GetDouble(),
            LayerNormEps = Eps(text, source),
            Vision = Vision(vision, source),
            Text = TextTower(text, source),
        };
        return config.Vision is VisionTransformerConfig ? config.WithVision(config.Activation, Eps(vision, source)) : config;
    }

    /// <summary>What nobody reads would be left out without a word, and another model trained than was asked for.</summary>
    private static void RefuseUnknown(JsonElement section, string name, string[] known, string source)
    {
        foreach (var key in section.EnumerateObject())
        {
            if (known.Contains(key.Name) || key.Value.ValueKind is JsonValueKind.Null or JsonValueKind.False) continue;
            throw new ClipException($"{source}: {name} {key.Name} {key.Value} is not supported; leave it out of the config.");
        }
    }

    private static double Eps(JsonElement tower, string source)
    {
        if (tower.Section("norm_kwargs") is not { } norm) return LayerNormEps;
        if (norm.EnumerateObject().Select(key => key.Name).FirstOrDefault(key => key != "eps") is { } other)
            throw new ClipException($"{source}: norm_kwargs {other} is not supported; eps is.");
        return norm.Double("eps", LayerNormEps);
    }

    private static bool IsConvNext(JsonElement vision) => ConvNextConfig.Published.ContainsKey(NameInTimm(vision));

    /// <summary>A suffix names weights, not an architecture.</summary>
    private static string NameInTimm(JsonElement vision) => vision.Text("timm_model_name", "").Split('.')[0];

    /// <summary>A <c>text_cfg</c>, whose vocabulary ends in start and end of text unless it says otherwise.</summary>
    public static TextConfig TextTower(JsonElement text, string source)
    {
        int width = text.Int("width", 512), vocabulary = text.Int("vocab_size", 49408);
        return new TextConfig
        {
            ContextLength = text.Int("context_length", 77),
            VocabSize = vocabulary,
            Width = width,
            Layers = text.Int("layers", 12),
            Heads = text.Int("heads", 8),
            MlpWidth = (int)(width * text.Double("mlp_ratio", 4)),
            BosTokenId = text.Int("bos_id", vocabulary - 2),
            EosTokenId = text.Int("eos_id", vocabulary - 1),
            LayerScale = text.Value("ls_init_value")?.GetDouble(),
            // The largest id is the end of text's, unless the config says another.
            Pooling = text.Text(PoolType, "argmax") == "argmax" && text.Int("eos_id", vocabulary - 1) != vocabulary - 1
                ? TextPooling.Argmax
                : Pooling(text, source),
            IsCausal = !text.Flag(NoCausalMask),
            HasProjectionBias = text.Flag(ProjectionBias),
            Tokenizer = Tokenizer(text, source),
        };
    }

    private static NamedTokenizer? Tokenizer(JsonElement text, string source)
    {
        var (name, options) = (text.Text(TokenizerName, ""), text.Section(TokenizerOptions));
        foreach (var key in options?.EnumerateObject().ToArray() ?? [])
        {
            if (key.Name is not (Clean or StripSeparator) && key.Value.ValueKind is not (JsonValueKind.Null or JsonValueKind.False))
                throw new ClipException(
                    $"{source}: {TokenizerOptions} {key.Name} {key.Value} is not supported; {Clean} and {StripSeparator} are.");
        }

        var (clean, strips) = (options?.Text(Clean, "") ?? "", options?.Flag(StripSeparator) ?? false);
        return name.Length == 0 && clean.Length == 0 && !strips ? null
            : new NamedTokenizer(name.Length == 0 ? null : name, clean.Length == 0 ? null : clean, strips);
    }

    /// <summary>Which token's output is a text's.</summary>
    public static TextPooling Pooling(JsonElement text, string source) => text.Text(PoolType, "eos") switch
    {
        "eos" or "argmax" => TextPooling.Eos,
        "first" => TextPooling.First,
        "last" => TextPooling.Last,
        var other => throw new ClipException($"{source}: pool_type '{other}' is not supported; eos, argmax, first and last are."),
    };

    private static VisionConfig Vision(JsonElement vision, string source)
    {
        if (IsConvNext(vision)) return ConvNext(vision, source);
        int size = vision.Int("image_size", 224), headWidth = vision.Int("head_width", 64);
        if (IsResNet(vision, out var layers))
        {
            var stem = vision.Int("width", 64);
            return new ResNetConfig { ImageSize = size, Width = stem, Heads = 32 * stem / headWidth, Blocks = layers.Ints() };
        }

        var width = vision.Int("width", 768);
        return new VisionTransformerConfig
        {
            ImageSize = size,
            PatchSize = vision.Int("patch_size", 16),
            Width = width,
            Layers = vision.Int("layers", 12),
            Heads = width / headWidth,
            MlpWidth = (int)(width * vision.Double("mlp_ratio", 4)),
            Pooling = vision.Text(PoolType, "tok") switch
            {
                "tok" => VisionPooling.ClassToken,
                "avg" => VisionPooling.Average,
                var other => throw new ClipException(
                    $"{source}: the image tower's pool_type '{other}' is not supported; tok and avg are."),
            },
            HasNormBefore = !vision.Flag("no_ln_pre"),
            NormsPooled = vision.Flag("final_ln_after_pool"),
            LayerScale = vision.Value("ls_init_value")?.GetDouble(),
            PatchDropout = vision.Double("patch_dropout", 0),
            AttentionalPool = vision.Value("attentional_pool") switch
            {
                null or { ValueKind: JsonValueKind.False } => null,
                { ValueKind: JsonValueKind.True } =>
                    new AttentionalPooling(vision.Int("attn_pooler_queries", 256), vision.Int("attn_pooler_heads", 8)),
                var other => throw new ClipException($"{source}: attentional_pool '{other}' is not supported; true is."),
            },
        };
    }

    private static ConvNextConfig ConvNext(JsonElement vision, string source)
    {
        var (name, sizes) = (NameInTimm(vision), vision.Section("timm_model_kwargs"));
        var (depths, widths, _) = ConvNextConfig.Published[name];
        if (sizes is { } given) RefuseUnknown(given, "timm_model_kwargs", ["depths", "dims"], source);
        if (vision.Text("timm_pool", "avg") is not ("" or "avg") and var pool)
            throw new ClipException($"{source}: timm_pool '{pool}' of {name} is not supported; '' and 'avg' are.");
        if (vision.Double("timm_drop", 0) is not 0 and var drop)
            throw new ClipException(FormattableString.Invariant($"{source}: timm_drop {drop} is not trained; give 0, or timm_drop_path."));
        return new ConvNextConfig
        {
            ImageSize = vision.Int("image_size", 224),
            Name = name,
            Depths = sizes?.Value("depths")?.Ints() ?? depths,
            Widths = sizes?.Value("dims")?.Ints() ?? widths,
            HasTwoLayers = vision.Text("timm_proj", "linear") switch
            {
                "linear" => false,
                "mlp" => true,
                var other => throw new ClipException($"{source}: timm_proj '{other}' of {name} cannot be trained; linear and mlp are."),
            },
            HasProjectionBias = vision.Flag("timm_proj_bias"),
            DropPath = vision.Double("timm_drop_path", 0),
        };
    }

    /// <summary>open_clip's sign of a ResNet is a list where a Vision Transformer has a number.</summary>
    private static bool IsResNet(JsonElement vision, out JsonElement layers) =>
        vision.TryGetProperty("layers", out layers) && layers.ValueKind == JsonValueKind.Array;

    /// <summary>GELU, unless <c>quick_gelu</c> or both towers' <c>act_kwargs</c> ask for one of its approximations.</summary>
    private static Activation Activation(JsonElement root, JsonElement vision, JsonElement text, string source)
    {
        if (root.Flag("quick_gelu")) return Configs.Activation.QuickGelu;
        var isTanh = IsTanh(text);
        if (isTanh != IsTanh(vision) && !IsResNet(vision, out _) && !IsConvNext(vision))
            throw new ClipException($"{source}: the towers have different act_kwargs; models with one activation are supported.");
        return isTanh ? Configs.Activation.GeluTanh : Configs.Activation.Gelu;

        static bool IsTanh(JsonElement tower) => tower.TryGetProperty("act_kwargs", out var arguments)
            && arguments.ValueKind == JsonValueKind.Object && arguments.Text("approximate", "none") == "tanh";
    }
}
