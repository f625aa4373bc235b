using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.ModelFolders;
using Clip.Conversion.Onnx;

namespace Clip.Testing;

/// <summary>A tiny model with seeded random weights, for what needs no trained or golden ones.</summary>
internal static class RandomModel
{
    public static VisionTransformerConfig Vision { get; } =
        new() { ImageSize = 8, PatchSize = 4, Width = 16, Layers = 2, Heads = 2, MlpWidth = 24 };

    public static ClipConfig Config { get; } = new()
    {
        EmbedDim = 6,
        Activation = Activation.Gelu,
        Vision = Vision,
        Text = new TextConfig
        {
            ContextLength = 10,
            VocabSize = 32,
            Width = 12,
            Layers = 3,
            Heads = 3,
            MlpWidth = 20,
            BosTokenId = 30,
            EosTokenId = 31,
        },
    };

    public static Dictionary<string, WeightTensor> Weights(ClipConfig config, int seed = 1)
    {
        var random = new Random(seed);
        var weights = new Dictionary<string, WeightTensor>();
        var (v, t) = ((VisionTransformerConfig)config.Vision, config.Text);
        Add("logit_scale");
        Add("positional_embedding", t.ContextLength, t.Width);
        Add("token_embedding.weight", t.VocabSize, t.Width);
        Add("text_projection", t.Width, config.EmbedDim);
        Norm("ln_final", t.Width);
        Blocks("", t.Layers, t.Width, t.MlpWidth);
        Add("visual.class_embedding", v.Width);
        Add("visual.positional_embedding", v.Tokens, v.Width);
        Add("visual.proj", v.Width, config.EmbedDim);
        Add("visual.conv1.weight", v.Width, 3, v.PatchSize, v.PatchSize);
        Norm("visual.ln_pre", v.Width);
        Norm("visual.ln_post", v.Width);
        Blocks("visual.", v.Layers, v.Width, v.MlpWidth);
        return weights;

        void Blocks(string prefix, int layers, int width, int mlp)
        {
            for (var i = 0; i < layers; i++)
            {
                var block = $"{prefix}transformer.resblocks.{i}";
                Norm($"{block}.ln_1", width);
                Norm($"{block}.ln_2", width);
                Add($"{block}.attn.in_proj_weight", 3 * width, width);
                Add($"{block}.attn.in_proj_bias", 3 * width);
                Linear($"{block}.attn.out_proj", width, width);
                Linear($"{block}.mlp.c_fc", width, mlp);
                Linear($"{block}.mlp.c_proj", mlp, width);
            }
        }

        void Linear(string name, int from, int to)
        {
            Add($"{name}.weight", to, from);
            Add($"{name}.bias", to);
        }

        void Norm(string name, int width)
        {
            Add($"{name}.weight", width);
            Add($"{name}.bias", width);
        }

        void Add(string name, params long[] shape)
        {
            var values = new float[shape.Aggregate(1L, (product, d) => product * d)];
            for (var i = 0; i < values.Length; i++) values[i] = random.NextSingle() - 0.5f;
            weights.Add(name, new WeightTensor(shape, values));
        }
    }

    /// <summary>Writes a model folder with the preprocessing that is usual.</summary>
    public static void WriteFolder(
        ClipConfig config, IReadOnlyDictionary<string, WeightTensor> weights, string folder, Action<string>? tokenizer = null,
        IReadOnlyCollection<OnnxPrecision>? precisions = null) =>
        ModelFolderWriter.Write(new ModelFolderContents(config, weights, ModelPreprocessing.Usual(config), tokenizer), folder, precisions);

    /// <summary>Images [count, 3, size, size] of seeded noise.</summary>
    public static WeightTensor Images(ClipConfig config, int count, int seed = 2)
    {
        var random = new Random(seed);
        var size = config.Vision.ImageSize;
        var values = new float[count * 3 * size * size];
        for (var i = 0; i < values.Length; i++) values[i] = random.NextSingle() * 4 - 2;
        return new WeightTensor([count, 3, size, size], values);
    }
}
