using System.Text.Json;
using System.Text.Json.Nodes;

namespace Clip.Trainer.Modeling;

/// <summary>Reads <see cref="ClipConfig"/> from Hugging Face's <c>config.json</c> or open_clip's configs; writes the former.</summary>
public static class ClipConfigJson
{
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
    /// the channels behind the stem; <c>hidden_size</c> and <c>num_attention_heads</c> are then those of the attention pooling. Nor does its
    /// CLIP have <c>logit_bias_init_value</c> (SigLIP) and <c>projection_heads</c> (ConVIRT), which are written where the model has them.
    /// </summary>
    public static string ToHuggingFace(ClipConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var act = config.Activation == Activation.QuickGelu ? "quick_gelu" : "gelu";
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
        foreach (var (tower, key) in new[] { (vision, "timm_model_name"), (text, "hf_model_name"), (root, "multimodal_cfg") })
        {
            if (tower.TryGetProperty(key, out var value))
                throw new ClipException($"{source}: {key} {value} is not supported; give a config of a plain CLIP model.");
        }

        int textWidth = Int(text, "width", 512), vocabulary = Int(text, "vocab_size", 49408);
        return new ClipConfig
        {
            EmbedDim = Int(root, "embed_dim", 512),
            Activation = root.TryGetProperty("quick_gelu", out var quick) && quick.GetBoolean()
                ? Modeling.Activation.QuickGelu
                : Modeling.Activation.Gelu,
            Vision = VisionFromOpenClip(vision),
            Text = new TextConfig
            {
                ContextLength = Int(text, "context_length", 77),
                Width = textWidth,
                Layers = Int(text, "layers", 12),
                Heads = Int(text, "heads", 8),
                MlpWidth = (int)(textWidth * Double(text, "mlp_ratio", 4)),
            },
        }.WithVocabulary(vocabulary);
    }

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

    private static Activation ParseActivation(string name, string source) => name switch
    {
        "quick_gelu" => Modeling.Activation.QuickGelu,
        "gelu" => Modeling.Activation.Gelu,
        _ => throw new ClipException($"{source}: hidden_act '{name}' is not supported; quick_gelu and gelu are."),
    };

    private static int Int(JsonElement e, string key, int fallback) => e.TryGetProperty(key, out var v) ? v.GetInt32() : fallback;

    private static double Double(JsonElement e, string key, double fallback) => e.TryGetProperty(key, out var v) ? v.GetDouble() : fallback;

    private static string Text(JsonElement e, string key, string fallback) => e.TryGetProperty(key, out var v) ? v.GetString()! : fallback;

    private static IEnumerable<string> Resources() =>
        typeof(ClipConfigJson).Assembly.GetManifestResourceNames().Where(r => r.Contains(".Configs.", StringComparison.Ordinal));
}
