using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Initialization;
using Clip.Trainer.Modeling;
using Clip.Trainer.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Modeling;

/// <summary>A tiny model with a ResNet whose weights and batch norm statistics are seeded, not the zeros and ones they start as.</summary>
internal static class RandomResNet
{
    public static ClipConfig Config { get; } = new ClipConfig
    {
        EmbedDim = 6,
        Vision = new ResNetConfig { ImageSize = 64, Width = 4, Blocks = [2, 1, 2, 1], Heads = 2 },
        Text = new TextConfig { ContextLength = 6, Width = 12, Layers = 1, Heads = 3, MlpWidth = 20 },
    }.WithVocabulary(32);

    public static ClipModel Create(int seed = 1)
    {
        var model = new ClipModel(Config);
        var random = new Random(seed);
        foreach (var (name, value) in model.state_dict())
        {
            if (value.ndim == 0) continue;
            // A variance is positive, gains lie around one, and matrices make up for what a ReLU takes away (He et al. 2015).
            var isGain = name.EndsWith("running_var", StringComparison.Ordinal)
                || (value.ndim == 1 && name.EndsWith("weight", StringComparison.Ordinal));
            var bound = value.ndim < 2 ? 0.3f : MathF.Sqrt(6f * value.shape[0] / value.numel());
            var values = new float[value.numel()];
            for (var i = 0; i < values.Length; i++) values[i] = (isGain ? 1 : 0) + (2 * random.NextSingle() - 1) * bound;
            TorchWeights.CopyInto(value, new WeightTensor(value.shape, values), name);
        }

        return model;
    }

    /// <summary>Images [count, 3, size, size], each of sixteen seeded colors; of finer noise a tower would see only the mean.</summary>
    public static Tensor Images(int count, int seed = 2)
    {
        using var scope = NewDisposeScope();
        var random = new Random(seed);
        var cell = Config.Vision.ImageSize / 4;
        var colors = tensor(Enumerable.Range(0, count * 3 * 4 * 4).Select(_ => random.NextSingle() * 4 - 2).ToArray(), [count, 3, 4, 4]);
        return colors.repeat_interleave(cell, 2).repeat_interleave(cell, 3).MoveToOuterDisposeScope();
    }
}
