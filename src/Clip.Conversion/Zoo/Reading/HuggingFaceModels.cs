using System.Text.Json;
using Clip.Conversion.Configs;
using Clip.Conversion.Zoo.Blocks;
using Clip.Conversion.Zoo.Towers;

namespace Clip.Conversion.Zoo.Reading;

/// <summary>
/// Hugging Face's models whose text towers are not CLIP's: Chinese-CLIP, AltCLIP, and DistilBERT as sentence-transformers has it beside
/// CLIP's image tower.
/// </summary>
internal static class HuggingFaceModels
{
    /// <summary>The tensors of sentence-transformers' last module, under its folder's name.</summary>
    public const string Dense = "2_Dense.linear";

    /// <summary>Whether a config is of one of them.</summary>
    public static bool Reads(JsonElement root) => root.Text("model_type", "") is "chinese_clip" or "altclip" or "distilbert";

    /// <summary>Whether it is a text tower that sentence-transformers leads into the shared space.</summary>
    public static bool IsSentenceTransformer(JsonElement root) => root.Text("model_type", "") == "distilbert";

    public static ZooModel Read(JsonElement root, Sizes sizes)
    {
        var type = root.Text("model_type", "");
        var keys = new ConfigKeys(root, "config.json", sizes.Source);
        if (type == "distilbert") return new ZooModel { Text = DistilBert(keys, sizes) };
        var embedDim = sizes.Of("text_projection.weight", 0, keys.Int("projection_dim", type == "altclip" ? 768 : 512));
        var (text, vision) = (keys.Section("text_config"), keys.Section("vision_config"));
        return new ZooModel
        {
            Image = Vision(vision, sizes, embedDim),
            Text = type == "altclip" ? Alt(text, sizes, embedDim) : Chinese(text, sizes, embedDim),
        };
    }

    private static BertText Chinese(ConfigKeys keys, Sizes sizes, int embedDim)
    {
        const string prefix = "text_model.";
        // transformers' defaults of ChineseCLIPTextConfig.
        var read = BertSizes.Read(keys, sizes, prefix, new BertSizes(30522, 768, 12, 12, 3072, 512, 2, 1e-12, 0));
        return HuggingFaceTexts.Bert(
            BertKind.Bert, read, sizes, prefix, read.Positions, embedDim, TextPool.First, new TextHead(["text_projection"], 0));
    }

    private static BertText Alt(ConfigKeys keys, Sizes sizes, int embedDim)
    {
        const string prefix = "text_model.roberta.";
        // transformers' defaults of AltCLIPTextConfig.
        var read = BertSizes.Read(keys, sizes, prefix, new BertSizes(250002, 1024, 24, 16, 4096, 514, 1, 1e-5, 1));
        var text = HuggingFaceTexts.Bert(
            BertKind.Roberta, read, sizes, prefix, read.Positions, embedDim, TextPool.First, new TextHead(["text_projection"], 0));
        return text with { Transformation = sizes.Of("text_model.transformation.weight", 0, keys.Int("project_dim", 768)) };
    }

    private static BertText DistilBert(ConfigKeys keys, Sizes sizes)
    {
        if (keys.Flag("sinusoidal_pos_embds"))
            throw new ClipException($"{sizes.Source}: sinusoidal_pos_embds is not supported; learned positions are.");
        var read = new BertSizes(
            sizes.Of("embeddings.word_embeddings.weight", 0, keys.Int("vocab_size", 30522)),
            sizes.Of("embeddings.word_embeddings.weight", 1, keys.Int("dim", 768)),
            sizes.Count("transformer.layer.", keys.Int("n_layers", 6)),
            keys.Int("n_heads", 12),
            sizes.Of("transformer.layer.0.ffn.lin1.weight", 0, keys.Int("hidden_dim", 3072)),
            sizes.Of("embeddings.position_embeddings.weight", 0, keys.Int("max_position_embeddings", 512)),
            0, 1e-12, keys.Int("pad_token_id", 0))
        {
            Activation = Nonlinearities.OfHuggingFace(keys.Text("activation", "gelu"), sizes.Source),
        };
        return HuggingFaceTexts.Bert(
            BertKind.DistilBert, read, sizes, "", keys.Int("max_seq_length", read.Positions), sizes.Of($"{Dense}.weight", 0, 512),
            TextPool.Mean, new TextHead([Dense], 0));
    }

    private static HuggingFaceVit Vision(ConfigKeys keys, Sizes sizes, int embedDim)
    {
        const string conv = "vision_model.embeddings.patch_embedding.weight";
        var width = sizes.Of(conv, 0, keys.Int("hidden_size", 768));
        var tower = new HuggingFaceVit
        {
            ImageSize = keys.Int("image_size", 224),
            EmbedDim = embedDim,
            PatchSize = sizes.Of(conv, 2, keys.Int("patch_size", 32)),
            Layers = sizes.Count("vision_model.encoder.layers.", keys.Int("num_hidden_layers", 12)),
            Block = HuggingFaceVit.Plan(
                width, keys.Int("num_attention_heads", 12),
                sizes.Of("vision_model.encoder.layers.0.mlp.fc1.weight", 0, keys.Int("intermediate_size", 3072)),
                keys.Double("layer_norm_eps", 1e-5),
                Nonlinearities.OfHuggingFace(keys.Text("hidden_act", "quick_gelu"), sizes.Source)),
        };
        SizeRules.Patches(sizes.Source, tower.ImageSize, tower.PatchSize);
        SizeRules.Block(sizes.Source, tower.Block, tower.Layers);
        return tower;
    }
}
