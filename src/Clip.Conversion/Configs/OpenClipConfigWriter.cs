using System.Text.Json.Nodes;

namespace Clip.Conversion.Configs;

/// <summary>Writes open_clip's config of a model that Hugging Face's cannot describe; <see cref="OpenClipConfig"/> reads it.</summary>
internal static class OpenClipConfigWriter
{
    public static JsonObject Write(ClipConfig config)
    {
        var root = new JsonObject { ["embed_dim"] = config.EmbedDim };
        if (config.Activation == Activation.QuickGelu) root["quick_gelu"] = true;
        root["init_logit_scale"] = config.LogitScaleInit;
        if (config.LogitBiasInit is { } bias) root["init_logit_bias"] = bias;
        root["vision_cfg"] = config.Vision is ConvNextConfig convNext ? ConvNext(convNext) : Vision(config);
        root["text_cfg"] = Text(config);
        if (config.Activation != Activation.GeluTanh) return root;
        // A ConvNeXt's activation is its own.
        foreach (var tower in config.Vision is ConvNextConfig ? ["text_cfg"] : new[] { "vision_cfg", "text_cfg" })
            root[tower]!["act_kwargs"] = new JsonObject { ["approximate"] = "tanh" };
        return root;
    }

    private static JsonObject Vision(ClipConfig config)
    {
        var vision = (VisionTransformerConfig)config.Vision;
        var json = new JsonObject
        {
            ["image_size"] = vision.ImageSize,
            ["patch_size"] = vision.PatchSize,
            ["width"] = vision.Width,
            ["layers"] = vision.Layers,
            ["head_width"] = vision.Width / vision.Heads,
            ["mlp_ratio"] = Ratio(vision.Width, vision.MlpWidth),
        };
        if (!vision.HasNormBefore) json["no_ln_pre"] = true;
        if (vision.Pooling == VisionPooling.Average) json["pool_type"] = "avg";
        if (vision.NormsPooled) json["final_ln_after_pool"] = true;
        if (vision.LayerScale is { } scale) json["ls_init_value"] = scale;
        if (vision.PatchDropout > 0) json["patch_dropout"] = vision.PatchDropout;
        if (vision.AttentionalPool is { } pool)
        {
            json["attentional_pool"] = true;
            json["attn_pooler_queries"] = pool.Queries;
            json["attn_pooler_heads"] = pool.Heads;
        }

        AddEps(json, config.OfVision.LayerNormEps);
        return json;
    }

    private static JsonObject ConvNext(ConvNextConfig vision) => new()
    {
        ["image_size"] = vision.ImageSize,
        ["timm_model_name"] = vision.Name,
        ["timm_model_pretrained"] = false,
        ["timm_pool"] = "",
        ["timm_proj"] = vision.HasTwoLayers ? "mlp" : "linear",
        ["timm_proj_bias"] = vision.HasProjectionBias,
        ["timm_drop_path"] = vision.DropPath,
        ["timm_model_kwargs"] = new JsonObject
        {
            ["depths"] = new JsonArray([.. vision.Depths]),
            ["dims"] = new JsonArray([.. vision.Widths]),
        },
    };

    private static JsonObject Text(ClipConfig config)
    {
        var text = config.Text;
        var json = new JsonObject
        {
            ["context_length"] = text.ContextLength,
            ["vocab_size"] = text.VocabSize,
            ["width"] = text.Width,
            ["heads"] = text.Heads,
            ["layers"] = text.Layers,
            ["mlp_ratio"] = Ratio(text.Width, text.MlpWidth),
            [OpenClipConfig.PoolType] = text.Pooling.ToString().ToLowerInvariant(),
            ["bos_id"] = text.BosTokenId,
            ["eos_id"] = text.EosTokenId,
        };
        if (!text.IsCausal) json[OpenClipConfig.NoCausalMask] = true;
        if (text.HasProjectionBias) json[OpenClipConfig.ProjectionBias] = true;
        if (text.LayerScale is { } scale) json["ls_init_value"] = scale;
        if (text.Tokenizer is { } tokenizer) AddTokenizer(json, tokenizer);
        AddEps(json, config.LayerNormEps);
        return json;
    }

    private static void AddTokenizer(JsonObject text, NamedTokenizer tokenizer)
    {
        if (tokenizer.Name is { } name) text[OpenClipConfig.TokenizerName] = name;
        var options = new JsonObject();
        if (tokenizer.Cleaning is { } cleaning) options[OpenClipConfig.Clean] = cleaning;
        if (tokenizer.StripsSeparator) options[OpenClipConfig.StripSeparator] = true;
        if (options.Count > 0) text[OpenClipConfig.TokenizerOptions] = options;
    }

    private static void AddEps(JsonObject tower, double eps)
    {
        if (eps != OpenClipConfig.LayerNormEps) tower["norm_kwargs"] = new JsonObject { ["eps"] = eps };
    }

    /// <summary>The ratio that the width is told by: what is left over is cut off where it is read.</summary>
    private static double Ratio(int width, int mlpWidth) =>
        (int)(width * ((double)mlpWidth / width)) == mlpWidth ? (double)mlpWidth / width : (mlpWidth + 0.5) / width;
}
