using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;

namespace Clip.Conversion.Initialization;

/// <summary>
/// Draws a model's starting weights without libtorch, by the standard deviations that OpenAI's <c>initialize_parameters</c> has (CLIP
/// paper, section 2.5; openai/CLIP model.py). What that leaves to PyTorch is uniform, as PyTorch's layers are.
/// </summary>
public static class RandomWeights
{
    /// <summary>Where the sigmoid loss starts (SigLIP, arXiv:2303.15343, section 3.2): almost all pairs are no match.</summary>
    private const float SiglipLogitBias = -10;

    /// <summary>Draws the weights.</summary>
    /// <param name="config">The model's sizes.</param>
    /// <param name="seed">Decides every value; each tensor has its own stream, so neither order nor the number of threads matters.</param>
    /// <returns>Parameters, and a ResNet's batch norm statistics, by OpenAI's names.</returns>
    /// <exception cref="ClipException">The sizes do not fit each other, or a tensor would not fit an array.</exception>
    public static Dictionary<string, WeightTensor> Create(ClipConfig config, long seed)
    {
        ArgumentNullException.ThrowIfNull(config);
        var tensors = Tensors(config.Validate("the config"));
        var drawn = new WeightTensor[tensors.Count];
        Parallel.For(0, drawn.Length, i => drawn[i] = tensors[i].Draw(new SampleRandom(seed, i)));
        return tensors.Zip(drawn).ToDictionary(pair => pair.First.Name, pair => pair.Second);
    }

    /// <summary>Names and shapes alone.</summary>
    internal static IEnumerable<(string Name, long[] Shape)> Shapes(ClipConfig config) => Tensors(config).Select(t => (t.Name, t.Shape));

    private static List<Tensor> Tensors(ClipConfig config)
    {
        var tensors = new List<Tensor>();
        var text = config.Text;
        Constant("logit_scale", (float)config.LogitScaleInit);
        Normal("positional_embedding", 0.01, text.ContextLength, text.Width);
        Normal("token_embedding.weight", 0.02, text.VocabSize, text.Width);
        if (text.HasProjectionBias) Linear("text_projection", Math.Pow(text.Width, -0.5), text.Width, config.EmbedDim);
        else Normal("text_projection", Math.Pow(text.Width, -0.5), text.Width, config.EmbedDim);
        if (config.IsSiglip) Constant("logit_bias", SiglipLogitBias);
        Norm("ln_final", text.Width);
        Blocks("", text.Layers, text.Width, text.MlpWidth);
        if (config.Vision is ResNetConfig resNet) ResNet(resNet);
        else if (config.IsSiglip) Siglip((VisionTransformerConfig)config.Vision);
        else VisionTransformer((VisionTransformerConfig)config.Vision);
        return tensors;

        void VisionTransformer(VisionTransformerConfig vision)
        {
            var std = Math.Pow(vision.Width, -0.5);
            Normal("visual.class_embedding", std, vision.Width);
            Normal("visual.positional_embedding", std, vision.Tokens, vision.Width);
            Normal("visual.proj", std, vision.Width, config.EmbedDim);
            Convolution("visual.conv1", 3, vision.Width, vision.PatchSize);
            Norm("visual.ln_pre", vision.Width);
            Blocks("visual.", vision.Layers, vision.Width, vision.MlpWidth);
            Norm("visual.ln_post", vision.Width);
        }

        void Siglip(VisionTransformerConfig vision)
        {
            var std = Math.Pow(vision.Width, -0.5);
            Convolution("visual.conv1", 3, vision.Width, vision.PatchSize);
            Constant("visual.conv1.bias", 0, vision.Width);
            Normal("visual.positional_embedding", std, vision.Tokens, vision.Width);
            Blocks("visual.", vision.Layers, vision.Width, vision.MlpWidth);
            Norm("visual.ln_post", vision.Width);
            Normal(SiglipNames.Probe, std, 1, 1, vision.Width);
            Normal("visual.head.attn.in_proj_weight", std, 3 * vision.Width, vision.Width);
            Constant("visual.head.attn.in_proj_bias", 0, 3 * vision.Width);
            Linear("visual.head.attn.out_proj", std, vision.Width, vision.Width);
            Norm("visual.head.ln_2", vision.Width);
            Linear("visual.head.mlp.c_fc", std, vision.Width, vision.MlpWidth);
            Linear("visual.head.mlp.c_proj", Math.Pow(vision.MlpWidth, -0.5), vision.MlpWidth, vision.Width);
        }

        void ResNet(ResNetConfig vision)
        {
            var inputs = vision.Width;
            Convolved("visual.", 1, 3, inputs / 2, 3);
            Convolved("visual.", 2, inputs / 2, inputs / 2, 3);
            Convolved("visual.", 3, inputs / 2, inputs, 3);
            for (var stage = 0; stage < vision.Blocks.Count; stage++)
            {
                var planes = vision.Width << stage;
                for (var i = 0; i < vision.Blocks[stage]; i++)
                {
                    var block = $"visual.layer{stage + 1}.{i}.";
                    Convolved(block, 1, inputs, planes, 1);
                    Convolved(block, 2, planes, planes, 3);
                    // A block starts as its shortcut.
                    Convolved(block, 3, planes, 4 * planes, 1, gain: 0);
                    if (i == 0) Convolution($"{block}downsample.0", inputs, 4 * planes, 1);
                    if (i == 0) BatchNorm($"{block}downsample.1", 4 * planes);
                    inputs = 4 * planes;
                }
            }

            var std = Math.Pow(vision.Features, -0.5);
            Normal("visual.attnpool.positional_embedding", std, vision.Tokens, vision.Features);
            foreach (var projection in new[] { "q_proj", "k_proj", "v_proj", "c_proj" })
            {
                var outputs = projection == "c_proj" ? config.EmbedDim : vision.Features;
                Normal($"visual.attnpool.{projection}.weight", std, outputs, vision.Features);
                Uniform($"visual.attnpool.{projection}.bias", vision.Features, outputs);
            }
        }

        void Convolved(string prefix, int number, int from, int to, int kernel, float gain = 1)
        {
            Convolution($"{prefix}conv{number}", from, to, kernel);
            BatchNorm($"{prefix}bn{number}", to, gain);
        }

        void Convolution(string name, int from, int to, int kernel) =>
            Uniform($"{name}.weight", from * kernel * kernel, to, from, kernel, kernel);

        void BatchNorm(string name, int width, float gain = 1)
        {
            Constant($"{name}.weight", gain, width);
            Constant($"{name}.bias", 0, width);
            Constant($"{name}.running_mean", 0, width);
            Constant($"{name}.running_var", 1, width);
            Constant($"{name}.num_batches_tracked", 0);
        }

        void Blocks(string prefix, int layers, int width, int mlpWidth)
        {
            var attention = Math.Pow(width, -0.5);
            var branch = attention * Math.Pow(2 * layers, -0.5);
            for (var i = 0; i < layers; i++)
            {
                var block = $"{prefix}transformer.resblocks.{i}";
                Normal($"{block}.attn.in_proj_weight", attention, 3 * width, width);
                Constant($"{block}.attn.in_proj_bias", 0, 3 * width);
                Linear($"{block}.attn.out_proj", branch, width, width);
                Norm($"{block}.ln_1", width);
                Linear($"{block}.mlp.c_fc", Math.Pow(2 * width, -0.5), width, mlpWidth);
                Linear($"{block}.mlp.c_proj", branch, mlpWidth, width);
                Norm($"{block}.ln_2", width);
            }
        }

        void Linear(string name, double std, int from, int to)
        {
            Normal($"{name}.weight", std, to, from);
            Constant($"{name}.bias", 0, to);
        }

        void Norm(string name, int width)
        {
            Constant($"{name}.weight", 1, width);
            Constant($"{name}.bias", 0, width);
        }

        void Normal(string name, double std, params long[] shape) =>
            Add(name, shape, (values, random) => RandomValues.Normal(values, std, random));

        // PyTorch's default for a layer's weights and biases.
        void Uniform(string name, int inputs, params long[] shape) =>
            Add(name, shape, (values, random) => RandomValues.Uniform(values, 1 / Math.Sqrt(inputs), random));

        void Constant(string name, float value, params long[] shape) => Add(name, shape, (values, _) => Array.Fill(values, value));

        void Add(string name, long[] shape, Action<float[], SampleRandom> fill) => tensors.Add(new Tensor(name, shape, fill));
    }

    private sealed record Tensor(string Name, long[] Shape, Action<float[], SampleRandom> Fill)
    {
        public WeightTensor Draw(SampleRandom random)
        {
            var count = Shape.Aggregate(1L, (product, d) => product * d);
            if (count > Array.MaxLength)
                throw new ClipException($"The weight '{Name}' would have {count} values, more than an array holds.");
            var values = GC.AllocateUninitializedArray<float>((int)count);
            Fill(values, random);
            return new WeightTensor(Shape, values);
        }
    }
}
