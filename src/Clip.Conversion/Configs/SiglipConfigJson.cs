using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Clip.Conversion.Configs;

/// <summary>
/// Configs of SigLIP models: Hugging Face's <c>config.json</c> of a <c>SiglipModel</c>, and open_clip's, which names its image tower by
/// timm's name. What a SigLIP has that a CLIP has not: an attention-pooling head, texts that are filled up to the context, seen in both
/// directions and read at the last token, and a bias of the logits.
/// </summary>
internal static partial class SiglipConfigJson
{
    /// <summary>Hugging Face's name; SigLIP 2 with images of one size has the same.</summary>
    public const string ModelType = "siglip";

    /// <summary>timm's towers by the name's middle: width, layers, heads, channels inside the MLP (timm vision_transformer.py).</summary>
    private static readonly Dictionary<string, (int Width, int Layers, int Heads, int MlpWidth)> TimmTowers = new()
    {
        ["base"] = (768, 12, 12, 3072),
        ["large"] = (1024, 24, 16, 4096),
        ["so400m"] = (1152, 27, 16, 4304),
        ["giantopt"] = (1536, 40, 16, 6144),
    };

    /// <summary>The defaults of transformers' SiglipTextConfig; SiglipVisionConfig's are CLIP's, but for its patches.</summary>
    private static readonly TextConfig TextDefaults = new()
    {
        ContextLength = 64,
        VocabSize = 32000,
        Width = 768,
        Layers = 12,
        Heads = 12,
        MlpWidth = 3072,
        BosTokenId = 49406,
        EosTokenId = 49407,
    };

    /// <summary>
    /// SigLIP's heads by a tower's width, where no config tells: width / 64 up to 1024, and 16 in the wider towers of the published
    /// models (SigLIP 2, arXiv:2502.14786, and Big Vision's configs); null for any other width.
    /// </summary>
    public static int? Heads(int width) => width switch
    {
        1152 or 1536 => 16,
        <= 1024 when width % 64 == 0 => width / 64,
        _ => null,
    };

    /// <summary>Whether an open_clip <c>vision_cfg</c> names one of timm's SigLIP towers with its attention-pooling head.</summary>
    public static bool IsSiglip(JsonElement visionCfg) => visionCfg.TryGetProperty("timm_model_name", out var name)
        && name.ValueKind == JsonValueKind.String && TimmName().IsMatch(name.GetString()!) && visionCfg.Text("timm_pool", "") == "map";

    /// <summary>Reads Hugging Face's config.</summary>
    public static ClipConfig FromHuggingFace(JsonElement root, string source)
    {
        if (root.Section("vision_config") is not { } vision || root.Section("text_config") is not { } text)
            throw new ClipException($"{source} is not a SigLIP config: it lacks vision_config or text_config; get it again.");
        return FromHuggingFace(vision, text, source);
    }

    /// <summary>Reads the config of one tower alone (<c>SiglipVisionModel</c>, <c>SiglipTextModel</c>).</summary>
    public static ClipConfig ReadTower(JsonElement root, ModelTowers towers, string source)
    {
        using var nothing = JsonDocument.Parse("{}");
        var empty = nothing.RootElement;
        var config = FromHuggingFace(
            towers == ModelTowers.Image ? root : empty, towers == ModelTowers.Text ? root : empty, source);
        var width = ((VisionTransformerConfig)config.Vision).Width;
        return towers == ModelTowers.Image
            ? config.OfVision with { Towers = towers, EmbedDim = width }
            : config with
            {
                Towers = towers,
                VisionActivation = null,
                VisionLayerNormEps = null,
                // A SigLIP's image features are as wide as its tower; of the text tower alone that is its projection.
                Vision = new VisionTransformerConfig { Width = config.EmbedDim, Heads = 1, Pooling = VisionPooling.AttentionHead },
            };
    }

    private static ClipConfig FromHuggingFace(JsonElement vision, JsonElement text, string source)
    {
        if (vision.TryGetProperty("vision_use_head", out var head) && head.ValueKind == JsonValueKind.False)
            throw new ClipException($"{source}: a SigLIP without its pooling head (vision_use_head) is not supported; give one with.");

        return Of(
            HuggingFaceConfig.ParseActivation(text.Text("hidden_act", "gelu_pytorch_tanh"), source), text.Double("layer_norm_eps", 1e-6),
            text.Int("projection_size", text.Int("hidden_size", TextDefaults.Width)),
            HuggingFaceConfig.VisionTransformer(vision, patchSize: 16), HuggingFaceConfig.TextTower(text, TextDefaults))
            .WithVision(
                HuggingFaceConfig.ParseActivation(vision.Text("hidden_act", "gelu_pytorch_tanh"), source),
                vision.Double("layer_norm_eps", 1e-6));
    }

    /// <summary>
    /// Reads open_clip's config. The weights come from Big Vision, which computes tanh-GELU; so does this, whatever the config's age,
    /// as Hugging Face's config of the same weights says (early ones of open_clip's and timm's say exact GELU).
    /// </summary>
    public static ClipConfig FromOpenClip(JsonElement root, JsonElement vision, JsonElement text, string source)
    {
        var name = TimmName().Match(vision.Text("timm_model_name", ""));
        var (width, layers, heads, mlpWidth) = TimmTowers[name.Groups["size"].Value];
        if (text.Value("hf_model_name") is { } other)
            throw new ClipException($"{source}: hf_model_name {other} is not supported; give a config with open_clip's own text tower.");
        if (vision.Text("timm_proj", "none") is var projection && projection is not ("none" or ""))
            throw new ClipException($"{source}: timm_proj {projection} is not supported; SigLIP's towers have none.");
        // All SigLIPs have such a tokenizer.
        var tower = OpenClipConfig.TextTower(text, source) with { Tokenizer = null };
        // SigLIP's So400m text tower is as wide inside as its image tower, a ratio that open_clip's config rounds.
        return Siglip(Activation.GeluTanh, 1e-6, root.Int("embed_dim", width)) with
        {
            Vision = new VisionTransformerConfig
            {
                ImageSize = vision.Int("image_size", 224),
                PatchSize = int.Parse(name.Groups["patch"].Value, CultureInfo.InvariantCulture),
                Width = width,
                Layers = layers,
                Heads = heads,
                MlpWidth = mlpWidth,
                Pooling = VisionPooling.AttentionHead,
            },
            Text = tower.Width == 1152 && tower.MlpWidth is > 4290 and < 4320 ? tower with { MlpWidth = 4304 } : tower,
        };
    }

    /// <summary>The config of a SigLIP read off its weights: its towers, with what all of SigLIP's have in common.</summary>
    public static ClipConfig Of(Activation activation, int embedDim, VisionTransformerConfig vision, TextConfig text) =>
        Of(activation, 1e-6, embedDim, vision, text);

    /// <summary>Hugging Face's <c>config.json</c>.</summary>
    public static JsonObject ToHuggingFace(ClipConfig config)
    {
        var text = HuggingFaceConfig.Text(config, "siglip_text_model", padTokenId: 1);
        text["projection_size"] = config.EmbedDim;
        if (config.Towers != ModelTowers.Both)
        {
            var section = config.Towers == ModelTowers.Image ? HuggingFaceConfig.Vision(config, "siglip_vision_model") : text;
            return HuggingFaceConfig.OfTower(section, $"Siglip{HuggingFaceConfig.TowerName(config)}Model");
        }

        return new JsonObject
        {
            ["architectures"] = new JsonArray("SiglipModel"),
            ["model_type"] = ModelType,
            ["initializer_factor"] = 1.0,
            ["text_config"] = text,
            ["vision_config"] = HuggingFaceConfig.Vision(config, "siglip_vision_model"),
            ["torch_dtype"] = "float32",
        };
    }

    private static ClipConfig Of(Activation activation, double epsilon, int embedDim, VisionTransformerConfig vision, TextConfig text) =>
        Siglip(activation, epsilon, embedDim) with
        {
            Vision = vision with { Pooling = VisionPooling.AttentionHead },
            Text = text with { Pooling = TextPooling.Last, IsCausal = false, HasProjectionBias = true },
        };

    /// <summary>A SigLIP's start of the temperature is ln 10 (SigLIP, arXiv:2303.15343, section 3.2).</summary>
    private static ClipConfig Siglip(Activation activation, double epsilon, int embedDim) =>
        new() { Activation = activation, LayerNormEps = epsilon, EmbedDim = embedDim, LogitScaleInit = Math.Log(10) };

    [GeneratedRegex(@"^vit_(?<size>base|large|so400m|giantopt)_patch(?<patch>[0-9]{1,3})_siglip_[0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex TimmName();
}
