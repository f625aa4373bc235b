using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Initialization;
using Clip.Conversion.ModelFolders;
using Clip.Conversion.Zoo.Towers;

namespace Clip.Testing;

/// <summary>Models of the zoo's families with random weights in the published files' form; a step of one takes milliseconds.</summary>
internal static class TinyZoo
{
    private const string ClipText = """{"context_length": 12, "vocab_size": 100, "width": 32, "heads": 2, "layers": 2}""";
    private const string Vit = """{"image_size": 32, "layers": 2, "width": 32, "head_width": 8, "patch_size": 8}""";

    /// <summary>open_clip's configs of them, by name.</summary>
    public static IReadOnlyDictionary<string, string> Configs { get; } = new Dictionary<string, string>
    {
        ["eva02"] = Config(
            """
            {"image_size": 32, "timm_model_name": "eva02_base_patch16_clip_224", "timm_pool": "token", "timm_proj": null,
             "timm_model_kwargs": {"img_size": 32, "patch_size": 8, "embed_dim": 36, "depth": 2, "num_heads": 3}}
            """, ClipText, "\"custom_text\": true"),
        ["convnext"] = Config(
            """
            {"image_size": 64, "timm_model_name": "convnext_base", "timm_pool": "", "timm_proj": "mlp",
             "timm_model_kwargs": {"depths": [1, 2, 1, 1], "dims": [12, 16, 24, 32]}}
            """, ClipText),
        ["mobileclip"] = Config(
            """
            {"image_size": 64, "timm_model_name": "fastvit_mci0", "timm_pool": "avg", "timm_proj": null,
             "timm_model_kwargs": {"layers": [1, 1, 1, 1], "embed_dims": [8, 16, 16, 32]}}
            """, ClipText, "\"custom_text\": true"),
        ["swin"] = Config(
            """
            {"image_size": 32, "timm_model_name": "swin_base_patch4_window7_224", "timm_pool": "", "timm_proj": "linear",
             "timm_model_kwargs": {"img_size": 32, "patch_size": 4, "embed_dim": 12, "depths": [2, 2], "num_heads": [2, 3],
                                   "window_size": 4}}
            """, ClipText),
        ["relpos"] = Config(
            """
            {"image_size": 32, "timm_model_name": "vit_relpos_medium_patch16_cls_224", "timm_pool": "", "timm_proj": "linear",
             "timm_model_kwargs": {"img_size": 32, "patch_size": 8, "embed_dim": 36, "depth": 2, "num_heads": 3, "rel_pos_dim": 20}}
            """, ClipText),
        ["coca"] = Config(
            Vit, ClipText[..^1] + ", \"embed_cls\": true}",
            """
            "custom_text": true,
            "multimodal_cfg": {"context_length": 12, "vocab_size": 100, "width": 32, "heads": 2, "layers": 1}
            """),
        ["cosines"] = Config(
            Vit[..^1] + """, "qk_norm": true, "scale_heads": true, "scale_attn_inner": true, "scale_attn": true, "scale_fc": true}""",
            ClipText[..^1] + ", \"scaled_cosine_attn\": true}"),
        ["naflex"] = Config(
            """
            {"image_size": 48, "image_seq_len": 36, "timm_model_name": "naflexvit_base_patch16_siglip", "timm_pool": "map",
             "timm_proj": "none",
             "timm_model_kwargs": {"embed_dim": 24, "depth": 2, "num_heads": 2, "patch_size": 8, "pos_embed_grid_size": [4, 4]}}
            """, ClipText[..^1] + ", \"no_causal_mask\": true, \"proj_bias\": true, \"pool_type\": \"last\"}",
            "\"custom_text\": true, \"init_logit_bias\": -10"),
        ["roberta"] = Config(
            Vit,
            """
            {"hf_model_name": "roberta-base", "hf_tokenizer_name": "roberta-base", "hf_pooler_type": "mean_pooler",
             "hf_model_config": {"vocab_size": 120, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
                                 "intermediate_size": 96, "max_position_embeddings": 20}}
            """),
        ["bert"] = Config(
            Vit,
            """
            {"hf_model_name": "bert-base-uncased", "hf_tokenizer_name": "bert-base-uncased", "hf_pooler_type": "cls_pooler",
             "hf_proj_type": "linear", "context_length": 16,
             "hf_model_config": {"vocab_size": 100, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
                                 "intermediate_size": 96, "max_position_embeddings": 20}}
            """, "\"custom_text\": true"),
        ["mt5"] = Config(
            Vit,
            """
            {"hf_model_name": "google/mt5-base", "hf_tokenizer_name": "google/mt5-base", "hf_pooler_type": "mean_pooler",
             "hf_model_config": {"vocab_size": 120, "d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 3}}
            """),
        ["nllb"] = Config(
            """
            {"image_size": 32, "timm_model_name": "vit_base_patch16_siglip_384", "timm_pool": "map", "timm_proj": "none",
             "timm_model_kwargs": {"img_size": 32, "patch_size": 8, "embed_dim": 24, "depth": 2, "num_heads": 2}}
            """,
            """
            {"hf_model_name": "facebook/nllb-200-distilled-600M", "hf_tokenizer_name": "facebook/nllb-200-distilled-600M",
             "hf_proj_type": "linear", "hf_pooler_type": "cls_pooler",
             "hf_model_config": {"vocab_size": 120, "d_model": 32, "encoder_layers": 2, "encoder_attention_heads": 4,
                                 "encoder_ffn_dim": 64, "max_position_embeddings": 32}}
            """, "\"custom_text\": true, \"init_logit_bias\": -10"),
    };

    /// <summary>The model of a name.</summary>
    public static ZooModel Model(string name) => new ZooFiles(Configs[name], name).Model(weights: null);

    /// <summary>Weights of a model, none of them 0 or 1 throughout.</summary>
    public static Dictionary<string, WeightTensor> Weights(ZooModel model, int seed = 1)
    {
        var random = new Random(seed);
        return RandomWeights.Create([.. model.Layout()], seed).ToDictionary(w => w.Key, w => w.Value with
        {
            Data = w.Value.Data.ToArray().Select(value => value + 0.1f * (random.NextSingle() - 0.5f)).ToArray(),
        });
    }

    /// <summary>Writes a model as open_clip's repositories have it: config and weights.</summary>
    /// <param name="name">Which.</param>
    /// <param name="folder">Made if need be.</param>
    /// <param name="vocabSize">Entries of its vocabulary.</param>
    public static void Write(string name, string folder, int vocabSize)
    {
        Directory.CreateDirectory(folder);
        var config = Configs[name].Replace("\"vocab_size\": 100", $"\"vocab_size\": {vocabSize}", StringComparison.Ordinal);
        var model = new ZooFiles(config, name).Model(weights: null);
        File.WriteAllText(Path.Combine(folder, "open_clip_config.json"), $$"""{"model_cfg": {{config}}}""");
        SafetensorsWriter.Write(Path.Combine(folder, "open_clip_model.safetensors"), Weights(model));
    }

    private static string Config(string vision, string text, string? more = null) =>
        $$"""{"embed_dim": 24, "vision_cfg": {{vision}}, "text_cfg": {{text}}{{(more is null ? "" : $", {more}")}}}""";
}
