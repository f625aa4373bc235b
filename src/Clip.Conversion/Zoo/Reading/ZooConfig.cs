using System.Text.Json;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Zoo.Towers;

namespace Clip.Conversion.Zoo.Reading;

/// <summary>Reads a zoo model off its config, and off its weights where there are any.</summary>
internal static class ZooConfig
{
    /// <summary>What of open_clip's own towers the plain road does not have.</summary>
    private static readonly string[] VisionSwitches =
    [
        "timm_model_name", "ls_init_value", "attentional_pool", "no_ln_pre", "pos_embed_type", "final_ln_after_pool", "pool_type",
        "act_kwargs", "norm_kwargs", .. Blocks, "patch_dropout",
    ];

    private static readonly string[] TextSwitches =
    [
        "hf_model_name", "ls_init_value", "embed_cls", "proj_type", "act_kwargs", "norm_kwargs", "final_ln_after_pool", .. Blocks,
    ];

    private static string[] Blocks =>
        ["block_type", "qk_norm", "scaled_cosine_attn", "scale_heads", "scale_attn_inner", "scale_attn", "scale_fc"];

    /// <summary>Whether a config asks for more than a plain CLIP or SigLIP.</summary>
    /// <param name="root">Hugging Face's <c>config.json</c>, or open_clip's config or its <c>model_cfg</c>.</param>
    public static bool Asks(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object) return false;
        if (HuggingFaceModels.Reads(root)) return true;
        var model = root.Section("model_cfg") ?? root;
        if (model.Section("vision_cfg") is not { } vision || model.Section("text_cfg") is not { } text) return false;
        var isSiglip = SiglipConfigJson.IsSiglip(vision) && text.Value("hf_model_name") is null
            && text.Flag("no_causal_mask") && text.Flag("proj_bias") && text.Text("pool_type", "") == "last";
        if (isSiglip) return false;
        // A remainder of the image is dropped by the patches' convolution, which the plain road refuses.
        var hasRemainder = vision.Value("layers") is not { ValueKind: JsonValueKind.Array }
            && vision.Int("image_size", 224) % Math.Max(1, vision.Int("patch_size", 16)) != 0;
        // A tokenizer that is not CLIP's is named in a config that stays open_clip's.
        return hasRemainder || model.Value("multimodal_cfg") is not null || text.Value("hf_tokenizer_name") is not null
            || VisionSwitches.Any(key => IsOn(vision, key)) || TextSwitches.Any(key => IsOn(text, key));
    }

    /// <summary>Reads the model.</summary>
    /// <param name="root">As for <see cref="Asks"/>.</param>
    /// <param name="weights">Its tensors; null to take all sizes from the config.</param>
    /// <param name="source">Where the config came from, for messages.</param>
    /// <exception cref="ClipException">It asks for what is not supported, or the weights are of another.</exception>
    public static ZooModel Read(JsonElement root, IReadOnlyDictionary<string, WeightTensor>? weights, string source)
    {
        try
        {
            if (HuggingFaceModels.Reads(root)) return HuggingFaceModels.Read(root, new Sizes(weights, source));
            return OpenClipModels.Read(root.Section("model_cfg") ?? root, new Sizes(weights, source));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new ClipException($"{source} is not a model's config: {e.Message}", e);
        }
    }

    private static bool IsOn(JsonElement section, string key) => section.Value(key) is { } value && value.ValueKind switch
    {
        JsonValueKind.False => false,
        JsonValueKind.String => value.GetString() is not ("tok" or "learnable" or "linear" or "default"),
        JsonValueKind.Object => value.EnumerateObject().Any(p => p is not { Name: "approximate", Value.ValueKind: JsonValueKind.String }
            || p.Value.GetString() == "tanh"),
        // A probability of 0 and a scale of nothing are off.
        JsonValueKind.Number => value.GetDouble() != 0,
        _ => true,
    };
}
