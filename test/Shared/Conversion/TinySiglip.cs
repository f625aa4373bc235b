using System.Text.Json.Nodes;
using Clip.Conversion.Checkpoints;
using Microsoft.ML.Clip.Text.Bpe;

namespace Clip.Testing;

/// <summary>A tiny SigLIP with seeded random weights by Hugging Face's names. Its patches leave a border of the image over.</summary>
internal static class TinySiglip
{
    public const int Width = 8, TextWidth = 6, Heads = 2, TextHeads = 3, Layers = 2, Image = 10, Patch = 4, Context = 5, Vocabulary = 11;

    private const int Mlp = 12, TextMlp = 10, Patches = 4;

    public static JsonObject Config => new()
    {
        ["model_type"] = "siglip",
        ["text_config"] = new JsonObject
        {
            ["hidden_size"] = TextWidth,
            ["intermediate_size"] = TextMlp,
            ["num_attention_heads"] = TextHeads,
            ["num_hidden_layers"] = Layers,
            ["max_position_embeddings"] = Context,
            ["vocab_size"] = Vocabulary,
            ["projection_size"] = Width,
            ["bos_token_id"] = 1,
            ["eos_token_id"] = 1,
        },
        ["vision_config"] = new JsonObject
        {
            ["hidden_size"] = Width,
            ["intermediate_size"] = Mlp,
            ["num_attention_heads"] = Heads,
            ["num_hidden_layers"] = Layers,
            ["image_size"] = Image,
            ["patch_size"] = Patch,
        },
    };

    public static Dictionary<string, WeightTensor> Weights()
    {
        var random = new Random(1);
        var weights = new Dictionary<string, WeightTensor>();
        Add("logit_scale", 1);
        Add("logit_bias", 1);
        Add("text_model.embeddings.token_embedding.weight", Vocabulary, TextWidth);
        Add("text_model.embeddings.position_embedding.weight", Context, TextWidth);
        Encoder("text_model", TextWidth, TextMlp);
        Pair("text_model.final_layer_norm", TextWidth);
        Pair("text_model.head", Width, TextWidth);
        Pair("vision_model.embeddings.patch_embedding", Width, 3, Patch, Patch);
        Add("vision_model.embeddings.position_embedding.weight", Patches, Width);
        Encoder("vision_model", Width, Mlp);
        Pair("vision_model.post_layernorm", Width);
        Add("vision_model.head.probe", 1, 1, Width);
        Add("vision_model.head.attention.in_proj_weight", 3 * Width, Width);
        Add("vision_model.head.attention.in_proj_bias", 3 * Width);
        Pair("vision_model.head.attention.out_proj", Width, Width);
        Pair("vision_model.head.layernorm", Width);
        Pair("vision_model.head.mlp.fc1", Mlp, Width);
        Pair("vision_model.head.mlp.fc2", Width, Mlp);
        return weights;

        void Encoder(string tower, int width, int mlp)
        {
            for (var i = 0; i < Layers; i++)
            {
                var layer = $"{tower}.encoder.layers.{i}";
                foreach (var name in new[] { "q_proj", "k_proj", "v_proj", "out_proj" }) Pair($"{layer}.self_attn.{name}", width, width);
                Pair($"{layer}.layer_norm1", width);
                Pair($"{layer}.layer_norm2", width);
                Pair($"{layer}.mlp.fc1", mlp, width);
                Pair($"{layer}.mlp.fc2", width, mlp);
            }
        }

        void Pair(string name, params long[] shape)
        {
            Add($"{name}.weight", shape);
            Add($"{name}.bias", shape[0]);
        }

        void Add(string name, params long[] shape)
        {
            var values = new float[shape.Aggregate(1L, (product, d) => product * d)];
            for (var i = 0; i < values.Length; i++) values[i] = random.NextSingle() * 2 - 1;
            weights.Add(name, new WeightTensor(shape, values));
        }
    }

    /// <summary>The same weights by open_clip's names: timm's image tower, its own text tower.</summary>
    public static Dictionary<string, WeightTensor> OpenClipWeights()
    {
        var hf = Weights();
        var weights = new Dictionary<string, WeightTensor>
        {
            ["logit_scale"] = hf["logit_scale"] with { Shape = [] },
            ["logit_bias"] = hf["logit_bias"] with { Shape = [] },
            ["text.token_embedding.weight"] = hf["text_model.embeddings.token_embedding.weight"],
            ["text.positional_embedding"] = hf["text_model.embeddings.position_embedding.weight"],
            ["visual.trunk.pos_embed"] = hf["vision_model.embeddings.position_embedding.weight"] with { Shape = [1, Patches, Width] },
            ["visual.trunk.attn_pool.latent"] = hf["vision_model.head.probe"],
        };
        Pair("vision_model.embeddings.patch_embedding", "visual.trunk.patch_embed.proj");
        Pair("vision_model.post_layernorm", "visual.trunk.norm");
        Pair("vision_model.head.attention.out_proj", "visual.trunk.attn_pool.proj");
        Pair("vision_model.head.layernorm", "visual.trunk.attn_pool.norm");
        Pair("vision_model.head.mlp.fc1", "visual.trunk.attn_pool.mlp.fc1");
        Pair("vision_model.head.mlp.fc2", "visual.trunk.attn_pool.mlp.fc2");
        Pair("text_model.final_layer_norm", "text.ln_final");
        Pair("text_model.head", "text.text_projection");
        for (var i = 0; i < Layers; i++)
        {
            string text = $"text_model.encoder.layers.{i}", vision = $"vision_model.encoder.layers.{i}";
            string block = $"text.transformer.resblocks.{i}", timm = $"visual.trunk.blocks.{i}";
            foreach (var (kind, suffix) in new[] { ("weight", "_weight"), ("bias", "_bias") })
            {
                weights[$"{block}.attn.in_proj{suffix}"] = Stack($"{text}.self_attn", kind);
                weights[$"{timm}.attn.qkv.{kind}"] = Stack($"{vision}.self_attn", kind);
            }

            foreach (var (from, ours, timms) in new[]
            {
                ("self_attn.out_proj", "attn.out_proj", "attn.proj"), ("layer_norm1", "ln_1", "norm1"), ("layer_norm2", "ln_2", "norm2"),
                ("mlp.fc1", "mlp.c_fc", "mlp.fc1"), ("mlp.fc2", "mlp.c_proj", "mlp.fc2"),
            })
            {
                Pair($"{text}.{from}", $"{block}.{ours}");
                Pair($"{vision}.{from}", $"{timm}.{timms}");
            }
        }

        foreach (var kind in new[] { "weight", "bias" })
        {
            var joined = hf[$"vision_model.head.attention.in_proj_{kind}"];
            var third = joined.Data.Length / 3;
            weights[$"visual.trunk.attn_pool.q.{kind}"] = new([Width, .. joined.Shape.Skip(1)], joined.Data[..third]);
            weights[$"visual.trunk.attn_pool.kv.{kind}"] = new([2 * Width, .. joined.Shape.Skip(1)], joined.Data[third..]);
        }

        return weights;

        void Pair(string from, string to)
        {
            foreach (var kind in new[] { "weight", "bias" }) weights[$"{to}.{kind}"] = hf[$"{from}.{kind}"];
        }

        WeightTensor Stack(string attention, string kind)
        {
            var pieces = new[] { "q_proj", "k_proj", "v_proj" }.Select(p => hf[$"{attention}.{p}.{kind}"]).ToArray();
            return new([3 * pieces[0].Shape[0], .. pieces[0].Shape.Skip(1)], pieces.SelectMany(p => p.Data.ToArray()).ToArray());
        }
    }
}
