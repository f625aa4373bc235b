using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.Clip.Inference;

namespace Clip.Conversion.Configs;

/// <summary>
/// Hugging Face's <c>config.json</c>: that of a <c>CLIPModel</c>, and the parts that a <c>SiglipModel</c>'s has in common with it.
/// </summary>
internal static class HuggingFaceConfig
{
    /// <summary>The defaults of transformers' CLIPTextConfig: a config.json leaves out what equals them.</summary>
    private static readonly TextConfig TextDefaults = new()
    {
        ContextLength = 77,
        VocabSize = 49408,
        Width = 512,
        Layers = 12,
        Heads = 8,
        MlpWidth = 2048,
        BosTokenId = 49406,
        EosTokenId = 49407,
    };

    /// <summary>Reads the config of a CLIP.</summary>
    /// <exception cref="ClipException">It asks for what is not supported.</exception>
    public static ClipConfig Read(JsonElement root, JsonElement vision, JsonElement text, string source)
    {
        VisionConfig tower = vision.Value("resnet_layers") is { } blocks
            ? ResNet(vision, blocks)
            : VisionTransformer(vision, patchSize: 32);
        var pooling = OpenClipConfig.Pooling(text, source);
        // Early configs say 2 and mean OpenAI's arg-max (CLIPTextTransformer.forward), unless open_clip's pool_type says otherwise.
        var isOld = text.Int("eos_token_id", TextDefaults.EosTokenId) == 2 && text.Value(OpenClipConfig.PoolType) is null;
        if (isOld || text.Text(OpenClipConfig.PoolType, "eos") == "argmax") pooling = TextPooling.Argmax;
        var config = new ClipConfig
        {
            EmbedDim = root.Int("projection_dim", 512),
            TextSide = TextSideOf(root),
            Activation = ParseActivation(text.Text("hidden_act", "quick_gelu"), source),
            LayerNormEps = text.Double("layer_norm_eps", 1e-5),
            LogitScaleInit = root.Double("logit_scale_init_value", 2.6592),
            LogitBiasInit = root.Value("logit_bias_init_value")?.GetDouble(),
            ProjectionHeads = root.Flag("projection_heads"),
            Vision = tower,
            Text = TextTower(text, TextDefaults) with
            {
                Pooling = pooling,
                IsCausal = !text.Flag(OpenClipConfig.NoCausalMask),
                HasProjectionBias = text.Flag(OpenClipConfig.ProjectionBias),
            },
        };
        return tower is ResNetConfig ? config : config.WithVision(
            ParseActivation(vision.Text("hidden_act", "quick_gelu"), source), vision.Double("layer_norm_eps", 1e-5));
    }

    /// <summary>
    /// Reads the config of one tower alone (<c>CLIPVisionModelWithProjection</c>, <c>CLIPTextModelWithProjection</c>), whose keys are those
    /// of the section in a whole model's.
    /// </summary>
    /// <inheritdoc cref="Read"/>
    public static ClipConfig ReadTower(JsonElement root, ModelTowers towers, string source)
    {
        using var nothing = JsonDocument.Parse("{}");
        var empty = nothing.RootElement;
        var config = Read(root, towers == ModelTowers.Image ? root : empty, towers == ModelTowers.Text ? root : empty, source);
        // What a tower that is not there has is no difference to one that is.
        if (towers == ModelTowers.Image) config = config.OfVision;
        return config with { Towers = towers, TextSide = TextSide.Tower, VisionActivation = null, VisionLayerNormEps = null };
    }

    /// <summary>Reads a <c>vision_config</c>; but for <paramref name="patchSize"/>, CLIP's and SigLIP's have the same defaults.</summary>
    public static VisionTransformerConfig VisionTransformer(JsonElement vision, int patchSize) => new()
    {
        ImageSize = vision.Int("image_size", 224),
        PatchSize = vision.Int("patch_size", patchSize),
        Width = vision.Int("hidden_size", 768),
        Layers = vision.Int("num_hidden_layers", 12),
        Heads = vision.Int("num_attention_heads", 12),
        MlpWidth = vision.Int("intermediate_size", 3072),
    };

    /// <summary>Reads the sizes in a <c>text_config</c>.</summary>
    public static TextConfig TextTower(JsonElement text, TextConfig defaults)
    {
        var vocabulary = text.Int("vocab_size", defaults.VocabSize);
        // The ids of a vocabulary that is smaller than the defaults' are its last two, as in CLIP's; SigLIP's mean nothing.
        if (defaults.EosTokenId >= vocabulary && defaults.EosTokenId < defaults.VocabSize)
            defaults = defaults with { BosTokenId = vocabulary - 2, EosTokenId = vocabulary - 1 };
        return TextTower(text, defaults, vocabulary);
    }

    private static TextConfig TextTower(JsonElement text, TextConfig defaults, int vocabulary) => defaults with
    {
        ContextLength = text.Int("max_position_embeddings", defaults.ContextLength),
        VocabSize = vocabulary,
        Width = text.Int("hidden_size", defaults.Width),
        Layers = text.Int("num_hidden_layers", defaults.Layers),
        Heads = text.Int("num_attention_heads", defaults.Heads),
        MlpWidth = text.Int("intermediate_size", defaults.MlpWidth),
        BosTokenId = text.Int("bos_token_id", defaults.BosTokenId),
        EosTokenId = text.Int("eos_token_id", defaults.EosTokenId),
    };

    /// <summary>Reads the name of an activation; several are transformers' names for one (transformers activations.py, ACT2FN).</summary>
    /// <exception cref="ClipException">The activation is another than the three there are.</exception>
    public static Activation ParseActivation(string name, string source) => name switch
    {
        "quick_gelu" => Activation.QuickGelu,
        "gelu" or "gelu_python" => Activation.Gelu,
        "gelu_pytorch_tanh" or "gelu_new" or "gelu_fast" or "gelu_python_tanh" or "gelu_accurate" => Activation.GeluTanh,
        _ => throw new ClipException($"{source}: hidden_act '{name}' is not supported; quick_gelu, gelu and gelu_pytorch_tanh are."),
    };

    /// <summary>
    /// The config of a CLIP; <see cref="ClipConfigJson.ToHuggingFace"/> tells of its keys that Hugging Face does not know.
    /// </summary>
    public static JsonObject Write(ClipConfig config)
    {
        var text = Text(config, "clip_text_model", padTokenId: config.Text.EosTokenId);
        text["projection_dim"] = config.EmbedDim;
        // An end of text of id 2, and the largest id where none is 2, would be taken for one another.
        if (config.Text is not ({ Pooling: TextPooling.Eos, EosTokenId: not 2 } or { Pooling: TextPooling.Argmax, EosTokenId: 2 }))
            text[OpenClipConfig.PoolType] = config.Text.Pooling.ToString().ToLowerInvariant();
        if (!config.Text.IsCausal) text[OpenClipConfig.NoCausalMask] = true;
        if (config.Text.HasProjectionBias) text[OpenClipConfig.ProjectionBias] = true;
        var vision = Vision(config, "clip_vision_model");
        vision["projection_dim"] = config.EmbedDim;
        if (config.Towers != ModelTowers.Both)
            return OfTower(config.Towers == ModelTowers.Image ? vision : text, $"CLIP{TowerName(config)}ModelWithProjection");
        var json = new JsonObject
        {
            ["architectures"] = new JsonArray(Architecture(config.TextSide)),
            ["model_type"] = "clip",
            ["projection_dim"] = config.EmbedDim,
            ["logit_scale_init_value"] = config.LogitScaleInit,
            ["initializer_factor"] = 1.0,
            ["text_config"] = text,
            ["vision_config"] = vision,
            ["torch_dtype"] = "float32",
        };
        if (config.LogitBiasInit is { } bias) json["logit_bias_init_value"] = bias;
        if (config.ProjectionHeads) json["projection_heads"] = true;
        return json;
    }

    /// <summary>The config of one tower alone, from its section.</summary>
    public static JsonObject OfTower(JsonObject section, string architecture)
    {
        section["architectures"] = new JsonArray(architecture);
        section["torch_dtype"] = "float32";
        return section;
    }

    /// <summary>What Hugging Face's classes of one tower call it.</summary>
    public static string TowerName(ClipConfig config) => config.Towers == ModelTowers.Image ? "Vision" : "Text";

    /// <summary>A <c>text_config</c>, but for what only one kind of model has in it.</summary>
    public static JsonObject Text(ClipConfig config, string modelType, int padTokenId) => new()
    {
        ["model_type"] = modelType,
        ["hidden_size"] = config.Text.Width,
        ["intermediate_size"] = config.Text.MlpWidth,
        ["num_attention_heads"] = config.Text.Heads,
        ["num_hidden_layers"] = config.Text.Layers,
        ["max_position_embeddings"] = config.Text.ContextLength,
        ["vocab_size"] = config.Text.VocabSize,
        ["bos_token_id"] = config.Text.BosTokenId,
        ["eos_token_id"] = config.Text.EosTokenId,
        ["pad_token_id"] = padTokenId,
        ["hidden_act"] = ActivationName(config.Activation),
        ["layer_norm_eps"] = config.LayerNormEps,
        ["attention_dropout"] = 0.0,
    };

    /// <summary>A <c>vision_config</c>, but for what only one kind of model has in it.</summary>
    public static JsonObject Vision(ClipConfig config, string modelType)
    {
        var json = new JsonObject { ["model_type"] = modelType, ["image_size"] = config.Vision.ImageSize, ["num_channels"] = 3 };
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
        json["hidden_act"] = ActivationName(config.OfVision.Activation);
        json["layer_norm_eps"] = config.OfVision.LayerNormEps;
        json["attention_dropout"] = 0.0;
        return json;
    }

    private static ResNetConfig ResNet(JsonElement vision, JsonElement blocks) => new()
    {
        ImageSize = vision.Int("image_size", 224),
        Width = vision.Int("resnet_width", 64),
        Heads = vision.Int("num_attention_heads", 32),
        Blocks = blocks.Ints(),
    };

    /// <summary>What a config's <c>architectures</c> make of texts; a text tower, as CLIP, where they are none of ours.</summary>
    public static TextSide TextSideOf(JsonElement root) =>
        Enum.GetValues<TextSide>().FirstOrDefault(side => root.Texts("architectures").Contains(Architecture(side)));

    /// <summary>The first is Hugging Face's; it has none for the others.</summary>
    private static string Architecture(TextSide side) => side switch
    {
        TextSide.Captioner => "VirTexModel",
        TextSide.Words => "BagOfWordsModel",
        _ => "CLIPModel",
    };

    private static string ActivationName(Activation activation) => activation switch
    {
        Activation.QuickGelu => "quick_gelu",
        Activation.GeluTanh => "gelu_pytorch_tanh",
        _ => "gelu",
    };
}
