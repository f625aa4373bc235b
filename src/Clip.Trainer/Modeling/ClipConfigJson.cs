using System.Text.Json;
using System.Text.Json.Nodes;

namespace Clip.Trainer.Modeling;

/// <summary>Reads <see cref="ClipConfig"/> from Hugging Face's <c>config.json</c> or open_clip's configs; writes the former.</summary>
public static class ClipConfigJson
{
    private const string PoolType = "pool_type", NoCausalMask = "no_causal_mask", ProjectionBias = "proj_bias";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>The models that come with the program, by open_clip's names.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Resources().Select(name => name.Split("Configs.")[1][..^".json".Length]).Order(StringComparer.Ordinal)];

    /// <summary>Reads a config file, the <c>config.json</c> of a folder, or the config of a model that comes with the program.</summary>
    /// <param name="nameOrPath">A path, or one of <see cref="Names"/>.</param>
    /// <exception cref="ClipException">There is no such file or name, or the file is not a CLIP config.</exception>
    public static ClipConfig Load(string nameOrPath)
    {
        // A folder of a config's name that holds no config is somebody's output, not what is meant.
        var inFolder = Path.Combine(nameOrPath, "config.json");
        var path = File.Exists(inFolder) ? inFolder : nameOrPath;
        if (File.Exists(path)) return Parse(File.ReadAllText(path), path);
        var resource = Resources().FirstOrDefault(r => r.EndsWith($".Configs.{nameOrPath}.json", StringComparison.OrdinalIgnoreCase))
            ?? throw new ClipException(
                $"There is no model config '{nameOrPath}'; give the path of a config.json or one of {string.Join(", ", Names)}.");

        using var reader = new StreamReader(typeof(ClipConfigJson).Assembly.GetManifestResourceStream(resource)!);
        return Parse(reader.ReadToEnd(), nameOrPath);
    }

    /// <summary>Reads a config from its text.</summary>
    /// <param name="json">Hugging Face's <c>config.json</c> of a CLIP model, or an open_clip model config.</param>
    /// <param name="source">Where the text came from, for messages.</param>
    /// <exception cref="ClipException">The text is not JSON, or not a CLIP config.</exception>
    public static ClipConfig Parse(string json, string source)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            if (root.TryGetProperty("model_type", out var type) && type.GetString() == SiglipConfigJson.ModelType)
                return SiglipConfigJson.FromHuggingFace(root, source).Validate(source);
            if (root.TryGetProperty("vision_config", out var vision) && root.TryGetProperty("text_config", out var text))
                return FromHuggingFace(root, vision, text, source).Validate(source);
            if (root.TryGetProperty("vision_cfg", out vision) && root.TryGetProperty("text_cfg", out text))
                return FromOpenClip(root, vision, text, source).Validate(source);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new ClipException($"{source} is not a CLIP config: {e.Message}", e);
        }

        throw new ClipException(
            $"{source} is not a CLIP config: it has neither vision_config and text_config (Hugging Face) "
            + "nor vision_cfg and text_cfg (open_clip).");
    }

    /// <summary>
    /// Hugging Face's <c>config.json</c> for a model of these sizes. Hugging Face knows no CLIP with a ResNet: for one,
    /// <c>vision_config</c> has two keys of our own, <c>resnet_layers</c>, the bottlenecks of the four stages, and <c>resnet_width</c>,
    /// the channels behind the stem; <c>hidden_size</c> and <c>num_attention_heads</c> are then those of the attention pooling. Nor does
    /// it know open_clip's <c>pool_type</c>, <c>no_causal_mask</c> and <c>proj_bias</c> of the text tower, which keep these names, nor a
    /// CLIP with <c>logit_bias_init_value</c> (SigLIP's loss) and <c>projection_heads</c> (ConVIRT).
    /// A model with SigLIP's image tower gets the config of a <c>SiglipModel</c>.
    /// </summary>
    public static string ToHuggingFace(ClipConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (config.IsSiglip) return SiglipConfigJson.ToHuggingFace(config).ToJsonString(Indented);
        var act = ActivationName(config.Activation);
        var json = new JsonObject
        {
            ["architectures"] = new JsonArray(Architecture(config.TextSide)),
            ["model_type"] = "clip",
            ["projection_dim"] = config.EmbedDim,
            ["logit_scale_init_value"] = config.LogitScaleInit,
            ["initializer_factor"] = 1.0,
            ["text_config"] = new JsonObject
            {
                ["model_type"] = "clip_text_model",
                ["hidden_size"] = config.Text.Width,
                ["intermediate_size"] = config.Text.MlpWidth,
                ["num_attention_heads"] = config.Text.Heads,
                ["num_hidden_layers"] = config.Text.Layers,
                ["max_position_embeddings"] = config.Text.ContextLength,
                ["vocab_size"] = config.Text.VocabSize,
                ["bos_token_id"] = config.Text.BosTokenId,
                ["eos_token_id"] = config.Text.EosTokenId,
                ["pad_token_id"] = config.Text.EosTokenId,
                ["hidden_act"] = act,
                ["layer_norm_eps"] = config.LayerNormEps,
                ["attention_dropout"] = 0.0,
                ["projection_dim"] = config.EmbedDim,
            },
            ["vision_config"] = VisionToHuggingFace(config, act),
            ["torch_dtype"] = "float32",
        };
        if (config.LogitBiasInit is { } bias) json["logit_bias_init_value"] = bias;
        if (config.ProjectionHeads) json["projection_heads"] = true;
        var text = (JsonObject)json["text_config"]!;
        if (config.Text.Pooling != TextPooling.Eos) text[PoolType] = config.Text.Pooling.ToString().ToLowerInvariant();
        if (!config.Text.IsCausal) text[NoCausalMask] = true;
        if (config.Text.HasProjectionBias) text[ProjectionBias] = true;
        return json.ToJsonString(Indented);
    }

    private static JsonObject VisionToHuggingFace(ClipConfig config, string act)
    {
        var json = new JsonObject
        {
            ["model_type"] = "clip_vision_model",
            ["image_size"] = config.Vision.ImageSize,
            ["num_channels"] = 3,
            ["projection_dim"] = config.EmbedDim,
        };
        if (config.Vision is ResNetConfig resNet)
        {
            json["resnet_layers"] = new JsonArray([.. resNet.Blocks]);
            json["resnet_width"] = resNet.Width;
            json["hidden_size"] = resNet.Features;
            json["num_attention_heads"] = resNet.Heads;
            json["hidden_act"] = "relu";
            return json;
        }

        var vision = (VisionTransformerConfig)config.Vision;
        json["hidden_size"] = vision.Width;
        json["intermediate_size"] = vision.MlpWidth;
        json["num_attention_heads"] = vision.Heads;
        json["num_hidden_layers"] = vision.Layers;
        json["patch_size"] = vision.PatchSize;
        json["hidden_act"] = act;
        json["layer_norm_eps"] = config.LayerNormEps;
        json["attention_dropout"] = 0.0;
        return json;
    }

    private static ClipConfig FromHuggingFace(JsonElement root, JsonElement vision, JsonElement text, string source)
    {
        // The defaults are those of transformers' CLIPVisionConfig and CLIPTextConfig: a config.json leaves out what equals them.
        var activation = ParseActivation(Text(text, "hidden_act", "quick_gelu"), source);
        var tower = VisionFromHuggingFace(vision);
        if (tower is VisionTransformerConfig && activation != ParseActivation(Text(vision, "hidden_act", "quick_gelu"), source))
            throw new ClipException($"{source}: the towers have different hidden_act; models with one activation are supported.");

        return new ClipConfig
        {
            EmbedDim = Int(root, "projection_dim", 512),
            TextSide = root.TryGetProperty("architectures", out var names) && names.ValueKind == JsonValueKind.Array
                ? Enum.GetValues<TextSide>().FirstOrDefault(side => names.EnumerateArray().Any(name => name.GetString() == Architecture(side)))
                : TextSide.Tower,
            Activation = activation,
            LayerNormEps = Double(text, "layer_norm_eps", 1e-5),
            LogitScaleInit = Double(root, "logit_scale_init_value", 2.6592),
            LogitBiasInit = root.TryGetProperty("logit_bias_init_value", out var bias) ? bias.GetDouble() : null,
            ProjectionHeads = root.TryGetProperty("projection_heads", out var heads) && heads.GetBoolean(),
            Vision = tower,
            Text = new TextConfig
            {
                ContextLength = Int(text, "max_position_embeddings", 77),
                VocabSize = Int(text, "vocab_size", 49408),
                Width = Int(text, "hidden_size", 512),
                Layers = Int(text, "num_hidden_layers", 12),
                Heads = Int(text, "num_attention_heads", 8),
                MlpWidth = Int(text, "intermediate_size", 2048),
                BosTokenId = Int(text, "bos_token_id", 49406),
                EosTokenId = Int(text, "eos_token_id", 49407),
                Pooling = Pooling(text, source),
                IsCausal = !Flag(text, NoCausalMask),
                HasProjectionBias = Flag(text, ProjectionBias),
            },
        };
    }

    private static VisionConfig VisionFromHuggingFace(JsonElement vision)
    {
        var size = Int(vision, "image_size", 224);
        if (vision.TryGetProperty("resnet_layers", out var blocks))
            return ResNet(blocks, size, Int(vision, "resnet_width", 64), Int(vision, "num_attention_heads", 32));

        return new VisionTransformerConfig
        {
            ImageSize = size,
            PatchSize = Int(vision, "patch_size", 32),
            Width = Int(vision, "hidden_size", 768),
            Layers = Int(vision, "num_hidden_layers", 12),
            Heads = Int(vision, "num_attention_heads", 12),
            MlpWidth = Int(vision, "intermediate_size", 3072),
        };
    }

    private static ClipConfig FromOpenClip(JsonElement root, JsonElement vision, JsonElement text, string source)
    {
        if (SiglipConfigJson.IsSiglip(vision)) return SiglipConfigJson.FromOpenClip(root, vision, text, source);
        foreach (var (tower, key) in new[] { (vision, "timm_model_name"), (text, "hf_model_name"), (root, "multimodal_cfg") })
        {
            if (tower.TryGetProperty(key, out var value))
                throw new ClipException($"{source}: {key} {value} is not supported; give a config of a plain CLIP model.");
        }

        return new ClipConfig
        {
            EmbedDim = Int(root, "embed_dim", 512),
            Activation = OpenClipActivation(root, vision, text, source),
            LogitScaleInit = Double(root, "init_logit_scale", Math.Log(1 / 0.07)),
            Vision = VisionFromOpenClip(vision),
            Text = TextFromOpenClip(text, source),
        };
    }

    /// <summary>open_clip's <c>text_cfg</c> (<c>CLIPTextCfg</c>), whose vocabulary ends in start and end of text unless it says otherwise.</summary>
    internal static TextConfig TextFromOpenClip(JsonElement text, string source)
    {
        int width = Int(text, "width", 512), vocabulary = Int(text, "vocab_size", 49408);
        return new TextConfig
        {
            ContextLength = Int(text, "context_length", 77),
            VocabSize = vocabulary,
            Width = width,
            Layers = Int(text, "layers", 12),
            Heads = Int(text, "heads", 8),
            MlpWidth = (int)(width * Double(text, "mlp_ratio", 4)),
            BosTokenId = vocabulary - 2,
            EosTokenId = Int(text, "eos_id", vocabulary - 1),
            Pooling = Pooling(text, source),
            IsCausal = !Flag(text, NoCausalMask),
            HasProjectionBias = Flag(text, ProjectionBias),
        };
    }

    /// <summary>GELU, unless <c>quick_gelu</c> or both towers' <c>act_kwargs</c> ask for one of its approximations.</summary>
    private static Activation OpenClipActivation(JsonElement root, JsonElement vision, JsonElement text, string source)
    {
        if (Flag(root, "quick_gelu")) return Modeling.Activation.QuickGelu;
        var isTanh = IsTanh(text);
        if (isTanh != IsTanh(vision) && !(vision.TryGetProperty("layers", out var layers) && layers.ValueKind == JsonValueKind.Array))
            throw new ClipException($"{source}: the towers have different act_kwargs; models with one activation are supported.");
        return isTanh ? Modeling.Activation.GeluTanh : Modeling.Activation.Gelu;

        static bool IsTanh(JsonElement tower) => tower.TryGetProperty("act_kwargs", out var arguments)
            && arguments.ValueKind == JsonValueKind.Object && Text(arguments, "approximate", "none") == "tanh";
    }

    private static TextPooling Pooling(JsonElement text, string source) => Text(text, PoolType, "eos") switch
    {
        "eos" or "argmax" => TextPooling.Eos,
        "first" => TextPooling.First,
        "last" => TextPooling.Last,
        var other => throw new ClipException($"{source}: pool_type '{other}' is not supported; eos, argmax, first and last are."),
    };

    private static VisionConfig VisionFromOpenClip(JsonElement vision)
    {
        int size = Int(vision, "image_size", 224), headWidth = Int(vision, "head_width", 64);
        // open_clip's sign of a ResNet is a list where a Vision Transformer has a number.
        if (vision.TryGetProperty("layers", out var layers) && layers.ValueKind == JsonValueKind.Array)
        {
            var stem = Int(vision, "width", 64);
            return ResNet(layers, size, stem, 32 * stem / headWidth);
        }

        var width = Int(vision, "width", 768);
        return new VisionTransformerConfig
        {
            ImageSize = size,
            PatchSize = Int(vision, "patch_size", 16),
            Width = width,
            Layers = Int(vision, "layers", 12),
            Heads = width / headWidth,
            MlpWidth = (int)(width * Double(vision, "mlp_ratio", 4)),
        };
    }

    private static ResNetConfig ResNet(JsonElement blocks, int size, int width, int heads) =>
        new() { ImageSize = size, Width = width, Heads = heads, Blocks = [.. blocks.EnumerateArray().Select(b => b.GetInt32())] };

    /// <summary>The first is Hugging Face's; it has none for the others.</summary>
    private static string Architecture(TextSide side) => side switch
    {
        TextSide.Captioner => nameof(VirTexModel),
        TextSide.Words => nameof(BagOfWordsModel),
        _ => "CLIPModel",
    };

    internal static Activation ParseActivation(string name, string source) => name switch
    {
        "quick_gelu" => Modeling.Activation.QuickGelu,
        "gelu" => Modeling.Activation.Gelu,
        "gelu_pytorch_tanh" => Modeling.Activation.GeluTanh,
        _ => throw new ClipException($"{source}: hidden_act '{name}' is not supported; quick_gelu, gelu and gelu_pytorch_tanh are."),
    };

    internal static string ActivationName(Activation activation) => activation switch
    {
        Activation.QuickGelu => "quick_gelu",
        Activation.GeluTanh => "gelu_pytorch_tanh",
        _ => "gelu",
    };

    private static bool Flag(JsonElement e, string key) => e.TryGetProperty(key, out var v) && v.ValueKind == JsonValueKind.True;

    internal static int Int(JsonElement e, string key, int fallback) => e.TryGetProperty(key, out var v) ? v.GetInt32() : fallback;

    internal static double Double(JsonElement e, string key, double fallback) => e.TryGetProperty(key, out var v) ? v.GetDouble() : fallback;

    internal static string Text(JsonElement e, string key, string fallback) => e.TryGetProperty(key, out var v) ? v.GetString()! : fallback;

    private static IEnumerable<string> Resources() =>
        typeof(ClipConfigJson).Assembly.GetManifestResourceNames().Where(r => r.Contains(".Configs.", StringComparison.Ordinal));
}
