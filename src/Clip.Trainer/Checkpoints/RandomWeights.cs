using System.Numerics.Tensors;
using Clip.Trainer.Data;
using Clip.Trainer.Modeling;

namespace Clip.Trainer.Checkpoints;

/// <summary>
/// Draws a model's starting weights without libtorch, by the standard deviations that OpenAI's <c>initialize_parameters</c> has (CLIP
/// paper, section 2.5; openai/CLIP model.py). What that leaves to PyTorch is uniform, as PyTorch's layers are.
/// </summary>
public static class RandomWeights
{
    /// <summary>Draws the weights.</summary>
    /// <param name="config">The model's sizes.</param>
    /// <param name="seed">Decides every value; each tensor has its own stream, so neither order nor the number of threads matters.</param>
    /// <returns>Parameters by OpenAI's names.</returns>
    public static Dictionary<string, WeightTensor> Create(ClipConfig config, long seed)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Validate("the config");
        var weights = new List<Tensor>();
        var text = config.Text;
        Constant("logit_scale", (float)config.LogitScaleInit);
        Normal("positional_embedding", 0.01, text.ContextLength, text.Width);
        Normal("token_embedding.weight", 0.02, text.VocabSize, text.Width);
        Normal("text_projection", Math.Pow(text.Width, -0.5), text.Width, config.EmbedDim);
        Norm("ln_final", text.Width);
        Blocks("", text.Layers, text.Width, text.MlpWidth);
        VisionTransformer(config.Vision);

        var filled = new WeightTensor[weights.Count];
        Parallel.For(0, filled.Length, i => filled[i] = new WeightTensor(weights[i].Shape, weights[i].Fill(new SampleRandom(seed, i))));
        return weights.Zip(filled).ToDictionary(pair => pair.First.Name, pair => pair.Second);

        void VisionTransformer(VisionConfig vision)
        {
            var std = Math.Pow(vision.Width, -0.5);
            Normal("visual.class_embedding", std, vision.Width);
            Normal("visual.positional_embedding", std, vision.Tokens, vision.Width);
            Normal("visual.proj", std, vision.Width, config.EmbedDim);
            Uniform("visual.conv1.weight", 3 * vision.PatchSize * vision.PatchSize, vision.Width, 3, vision.PatchSize, vision.PatchSize);
            Norm("visual.ln_pre", vision.Width);
            Blocks("visual.", vision.Layers, vision.Width, vision.MlpWidth);
            Norm("visual.ln_post", vision.Width);
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

        void Normal(string name, double std, params long[] shape) => weights.Add(new Tensor(name, shape, random => Gaussian(Empty(shape), std, random)));

        void Uniform(string name, int inputs, params long[] shape) => weights.Add(new Tensor(name, shape, random => Even(Empty(shape), inputs, random)));

        void Constant(string name, float value, params long[] shape) => weights.Add(new Tensor(name, shape, _ => Filled(Empty(shape), value)));
    }

    private static float[] Empty(long[] shape) => GC.AllocateUninitializedArray<float>(checked((int)shape.Aggregate(1L, (product, d) => product * d)));

    private static float[] Filled(float[] values, float value)
    {
        Array.Fill(values, value);
        return values;
    }

    /// <summary>PyTorch's default for a layer's weights: uniform in ±1/√inputs.</summary>
    private static float[] Even(float[] values, int inputs, SampleRandom random)
    {
        var bound = 1 / Math.Sqrt(inputs);
        for (var i = 0; i < values.Length; i++) values[i] = (float)random.NextDouble(-bound, bound);
        return values;
    }

    /// <summary>N(0, std²) by Box and Muller: √(−2 ln u) and an angle make two independent values.</summary>
    private static float[] Gaussian(float[] values, double std, SampleRandom random)
    {
        const int Pairs = 1024;
        Span<float> radius = stackalloc float[Pairs], angle = stackalloc float[Pairs], wave = stackalloc float[Pairs];
        for (var start = 0; start < values.Length; start += 2 * Pairs)
        {
            for (var i = 0; i < Pairs; i++)
            {
                var bits = random.NextUInt64();
                radius[i] = ((uint)(bits >> 40) + 1) * (1f / (1 << 24)); // in (0, 1]: its logarithm is finite
                angle[i] = (uint)(bits & 0xFFFFFF) * (2f / (1 << 24)); // in half turns
            }

            TensorPrimitives.Log(radius, radius);
            TensorPrimitives.Multiply(radius, (float)(-2 * std * std), radius);
            TensorPrimitives.Sqrt(radius, radius);
            Span<float> first = values.AsSpan(start), second = values.AsSpan(Math.Min(values.Length, start + Pairs));
            TensorPrimitives.CosPi(angle, wave);
            TensorPrimitives.Multiply(radius, wave, wave);
            wave[..Math.Min(Pairs, first.Length)].CopyTo(first);
            TensorPrimitives.SinPi(angle, wave);
            TensorPrimitives.Multiply(radius, wave, wave);
            wave[..Math.Min(Pairs, second.Length)].CopyTo(second);
        }

        return values;
    }

    private sealed record Tensor(string Name, long[] Shape, Func<SampleRandom, float[]> Fill);
}
