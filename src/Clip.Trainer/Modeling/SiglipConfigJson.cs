using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using static Clip.Trainer.Modeling.ClipConfigJson;

namespace Clip.Trainer.Modeling;

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
        && name.ValueKind == JsonValueKind.String && TimmName().IsMatch(name.GetString()!) && Text(visionCfg, "timm_pool", "") == "map";

    /// <summary>
    /// Reads Hugging Face's config; what it leaves out has the defaults of transformers' SiglipTextConfig and SiglipVisionConfig.
    /// </summary>
    public static ClipConfig FromHuggingFace(JsonElement root, string source)
    {
        if (!root.TryGetProperty("vision_config", out var vision) || !root.TryGetProperty("text_config", out var text))
            throw new ClipException($"{source} is not a SigLIP config: it lacks vision_config or text_config; get it again.");
        var activation = ParseActivation(Text(text, "hidden_act", "gelu_pytorch_tanh"), source);
        var epsilon = Double(text, "layer_norm_eps", 1e-6);
        if (activation != ParseActivation(Text(vision, "hidden_act", "gelu_pytorch_tanh"), source)
            || epsilon != Double(vision, "layer_norm_eps", 1e-6))
            throw new ClipException(
                $"{source}: the towers differ in hidden_act or layer_norm_eps; models with the same in both are supported.");
        if (vision.TryGetProperty("vision_use_head", out var head) && head.ValueKind == JsonValueKind.False)
            throw new ClipException($"{source}: a SigLIP without its pooling head (vision_use_head) is not supported; give one with.");

        int width = Int(vision, "hidden_size", 768), textWidth = Int(text, "hidden_size", 768);
        return Siglip(activation, epsilon, Int(text, "projection_size", textWidth)) with
        {
            Vision = new VisionTransformerConfig
            {
                ImageSize = Int(vision, "image_size", 224),
                PatchSize = Int(vision, "patch_size", 16),
                Width = width,
                Layers = Int(vision, "num_hidden_layers", 12),
                Heads = Int(vision, "num_attention_heads", 12),
                MlpWidth = Int(vision, "intermediate_size", 3072),
                Pooling = VisionPooling.AttentionHead,
            },
            Text = SiglipText(new TextConfig
            {
                ContextLength = Int(text, "max_position_embeddings", 64),
                VocabSize = Int(text, "vocab_size", 32000),
                Width = textWidth,
                Layers = Int(text, "num_hidden_layers", 12),
                Heads = Int(text, "num_attention_heads", 12),
                MlpWidth = Int(text, "intermediate_size", 3072),
                BosTokenId = Int(text, "bos_token_id", 49406),
                EosTokenId = Int(text, "eos_token_id", 49407),
            }),
        };
    }

    /// <summary>
    /// Reads open_clip's config. The weights come from Big Vision, which computes tanh-GELU; so does this, whatever the config's age,
    /// as Hugging Face's config of the same weights says (early ones of open_clip's and timm's say exact GELU).
    /// </summary>
    public static ClipConfig FromOpenClip(JsonElement root, JsonElement vision, JsonElement text, string source)
    {
        var name = TimmName().Match(Text(vision, "timm_model_name", ""));
        var (width, layers, heads, mlpWidth) = TimmTowers[name.Groups["size"].Value];
        if (text.TryGetProperty("hf_model_name", out var other))
            throw new ClipException($"{source}: hf_model_name {other} is not supported; give a config with open_clip's own text tower.");
        if (Text(vision, "timm_proj", "none") is var projection && projection is not ("none" or ""))
            throw new ClipException($"{source}: timm_proj {projection} is not supported; SigLIP's towers have none.");
        var tower = TextFromOpenClip(text, source);
        // SigLIP's So400m text tower is as wide inside as its image tower, a ratio that open_clip's config rounds.
        return Siglip(Modeling.Activation.GeluTanh, 1e-6, Int(root, "embed_dim", width)) with
        {
            Vision = new VisionTransformerConfig
            {
                ImageSize = Int(vision, "image_size", 224),
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
        Siglip(activation, 1e-6, embedDim) with { Vision = vision with { Pooling = VisionPooling.AttentionHead }, Text = SiglipText(text) };

    /// <summary>Hugging Face's <c>config.json</c>.</summary>
    public static JsonObject ToHuggingFace(ClipConfig config)
    {
        var vision = (VisionTransformerConfig)config.Vision;
        var act = ActivationName(config.Activation);
        return new JsonObject
        {
            ["architectures"] = new JsonArray("SiglipModel"),
            ["model_type"] = ModelType,
            ["initializer_factor"] = 1.0,
            ["text_config"] = new JsonObject
            {
                ["model_type"] = "siglip_text_model",
                ["hidden_size"] = config.Text.Width,
                ["intermediate_size"] = config.Text.MlpWidth,
                ["num_attention_heads"] = config.Text.Heads,
                ["num_hidden_layers"] = config.Text.Layers,
                ["max_position_embeddings"] = config.Text.ContextLength,
                ["vocab_size"] = config.Text.VocabSize,
                ["bos_token_id"] = config.Text.BosTokenId,
                ["eos_token_id"] = config.Text.EosTokenId,
                ["pad_token_id"] = 1,
                ["hidden_act"] = act,
                ["layer_norm_eps"] = config.LayerNormEps,
                ["attention_dropout"] = 0.0,
                ["projection_size"] = config.EmbedDim,
            },
            ["vision_config"] = new JsonObject
            {
                ["model_type"] = "siglip_vision_model",
                ["hidden_size"] = vision.Width,
                ["intermediate_size"] = vision.MlpWidth,
                ["num_attention_heads"] = vision.Heads,
                ["num_hidden_layers"] = vision.Layers,
                ["image_size"] = vision.ImageSize,
                ["patch_size"] = vision.PatchSize,
                ["num_channels"] = 3,
                ["hidden_act"] = act,
                ["layer_norm_eps"] = config.LayerNormEps,
                ["attention_dropout"] = 0.0,
            },
            ["torch_dtype"] = "float32",
        };
    }

    /// <summary>A SigLIP's start of the temperature is ln 10 (SigLIP, arXiv:2303.15343, section 3.2).</summary>
    private static ClipConfig Siglip(Activation activation, double epsilon, int embedDim) =>
        new() { Activation = activation, LayerNormEps = epsilon, EmbedDim = embedDim, LogitScaleInit = Math.Log(10) };

    private static TextConfig SiglipText(TextConfig text) =>
        text with { Pooling = TextPooling.Last, IsCausal = false, HasProjectionBias = true };

    [GeneratedRegex(@"^vit_(?<size>base|large|so400m|giantopt)_patch(?<patch>[0-9]{1,3})_siglip_[0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex TimmName();
}
