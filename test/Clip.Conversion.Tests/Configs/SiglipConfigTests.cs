using System.Text.Json.Nodes;
using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Initialization;
using Clip.Conversion.ModelFolders;

namespace Clip.Conversion.Tests.Configs;

public sealed class SiglipConfigTests
{
    private const string OpenClip =
        """
        {"embed_dim": 768, "init_logit_bias": -10, "custom_text": true,
         "vision_cfg": {"image_size": 224, "timm_model_name": "vit_base_patch16_siglip_224", "timm_model_pretrained": false,
                        "timm_pool": "map", "timm_proj": "none"},
         "text_cfg": {"context_length": 64, "vocab_size": 32000, "width": 768, "heads": 12, "layers": 12, "no_causal_mask": true,
                      "proj_bias": true, "pool_type": "last", "norm_kwargs": {"eps": 1e-6}}}
        """;

    private const string HuggingFace =
        """{"model_type": "siglip", "text_config": {"model_type": "siglip_text_model"}"""
        + """, "vision_config": {"model_type": "siglip_vision_model"}}""";

    [Fact]
    public void Open_clips_config_and_Hugging_Faces_defaults_are_one_model()
    {
        var hf = Read(HuggingFace);
        var openClip = Read(OpenClip);

        Assert.Equal(hf, openClip with { Text = openClip.Text with { BosTokenId = 49406, EosTokenId = 49407 } });
        Assert.Equal((196, Activation.GeluTanh, 1e-6), (((VisionTransformerConfig)hf.Vision).Tokens, hf.Activation, hf.LayerNormEps));
        Assert.Equal(hf, ClipConfigJson.Parse(ClipConfigJson.ToHuggingFace(hf), "again"));
    }

    [Theory]
    [InlineData("vit_so400m_patch14_siglip_384", 1152, 27, 16, 4304, 14)]
    [InlineData("vit_large_patch16_siglip_256", 1024, 24, 16, 4096, 16)]
    [InlineData("vit_giantopt_patch16_siglip_256", 1536, 40, 16, 6144, 16)]
    public void Timms_towers_are_known_by_name(string name, int width, int layers, int heads, int mlp, int patch)
    {
        var json = JsonNode.Parse(OpenClip)!;
        json["embed_dim"] = width;
        json["vision_cfg"]!["timm_model_name"] = name;

        var vision = (VisionTransformerConfig)Read(json.ToJsonString()).Vision;

        Assert.Equal((width, layers, heads, mlp, patch), (vision.Width, vision.Layers, vision.Heads, vision.MlpWidth, vision.PatchSize));
    }

    [Theory]
    [InlineData("vision_cfg", "timm_model_name", "\"vit_base_patch16_siglip_gap_224\"", "timm_model_name vit_base_patch16_siglip_gap_224")]
    [InlineData("vision_cfg", "timm_model_name", "\"convnext_base\"", "of convnext_base is not supported")]
    [InlineData("vision_cfg", "timm_proj", "\"linear\"", "timm_proj linear is not supported")]
    [InlineData("text_cfg", "hf_model_name", "\"xlm-roberta-base\"", "hf_model_name xlm-roberta-base")]
    [InlineData("text_cfg", "no_causal_mask", "false", "another text tower than SigLIP's")]
    [InlineData("text_cfg", "norm_kwargs", "{\"eps\": 1e-3}", "norm_kwargs")]
    public void What_is_not_SigLIPs_is_refused_by_name(string tower, string key, string value, string message)
    {
        var json = JsonNode.Parse(OpenClip)!;
        json[tower]![key] = JsonNode.Parse(value);

        Refused.With(message, () => Read(json.ToJsonString()));
    }

    [Fact]
    public void Other_types_of_models_and_a_missing_head_are_refused_by_name()
    {
        Refused.With(
            "type siglip2 is not supported",
            () => Read(HuggingFace.Replace("\"siglip\"", "\"siglip2\"", StringComparison.Ordinal)));
        var json = JsonNode.Parse(HuggingFace)!;
        json["vision_config"]!["vision_use_head"] = false;
        Refused.With("without its pooling head", () => Read(json.ToJsonString()));
    }

    [Fact]
    public void Sizes_of_a_published_model_are_read_off_its_weights()
    {
        var config = Read(HuggingFace);
        var weights = ParameterLayout.Of(config).ToDictionary(s => s.Name, s => new WeightTensor(s.Shape, ReadOnlyMemory<float>.Empty));

        Assert.Equal(config, ArchitectureInference.Infer(weights, new ArchitectureHints(Activation.GeluTanh), "x.safetensors"));
    }

    private static ClipConfig Read(string json)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["config.json"], json);
        return ModelConfigFile.Read(folder["config.json"]);
    }
}
