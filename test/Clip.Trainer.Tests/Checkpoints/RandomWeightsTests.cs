using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Initialization;
using Clip.Trainer.Modeling;
using Clip.Trainer.Training;
using TorchSharp;

namespace Clip.Trainer.Tests.Checkpoints;

public sealed class RandomWeightsTests
{
    private static readonly ClipConfig ResNet = new()
    {
        EmbedDim = 64,
        Vision = new ResNetConfig { ImageSize = 64, Width = 16, Blocks = [1, 2, 1, 1], Heads = 8 },
        Text = new TextConfig { ContextLength = 12, VocabSize = 600, Width = 64, Layers = 2, Heads = 1, MlpWidth = 256 },
    };

    private static readonly ClipConfig Transformer = ResNet with
    {
        Vision = new VisionTransformerConfig { ImageSize = 32, PatchSize = 8, Width = 128, Layers = 2, Heads = 2, MlpWidth = 512 },
    };

    public static TheoryData<string> Kinds => ["ViT", "ResNet"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void They_are_the_modules_own_in_name_shape_mean_and_deviation(string kind)
    {
        var config = kind == "ViT" ? Transformer : ResNet;
        torch.manual_seed(3);
        using var model = new ClipModel(config);
        var expected = TorchWeights.Of(model);

        var drawn = RandomWeights.Create(config, seed: 1);

        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), drawn.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, weight) in expected)
        {
            Assert.Equal(weight.Shape, drawn[name].Shape);
            var ((mean, deviation), (drawnMean, drawnDeviation)) = (Moments(weight), Moments(drawn[name]));
            // Four standard errors of each moment, twice, for both are estimates.
            var n = weight.Data.Length;
            Assert.True(Math.Abs(mean - drawnMean) <= 8 * deviation / Math.Sqrt(n) + 1e-6, $"{name}: mean {drawnMean}, not {mean}");
            var tolerance = 8 * deviation / Math.Sqrt(2 * n) + 1e-6;
            Assert.True(Math.Abs(deviation - drawnDeviation) <= tolerance, $"{name}: deviation {drawnDeviation}, not {deviation}");
        }
    }

    /// <summary>Drawn from the same numbers, tensors would be alike but for their scale.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_tensor_has_numbers_of_its_own(string kind)
    {
        var drawn = RandomWeights.Create(kind == "ViT" ? Transformer : ResNet, seed: 1)
            .Where(w => w.Value.Data.Length > 2 && w.Value.Data.ToArray().Distinct().Count() > 2)
            .Select(w => w.Value.Data.ToArray()).ToArray();

        Assert.True(drawn.Length > 15);
        Assert.Equal(drawn.Length, drawn.Select(values => Math.Round((double)values[0] / values[1], 6)).Distinct().Count());
    }

    [Fact]
    public void The_seed_decides_them()
    {
        var first = RandomWeights.Create(RandomModel.Config, 7);

        SameWeights.Assert(first, RandomWeights.Create(RandomModel.Config, 7));
        var other = RandomWeights.Create(RandomModel.Config, 8);
        Assert.NotEqual(first["token_embedding.weight"].Data.ToArray(), other["token_embedding.weight"].Data.ToArray());
    }

    [Fact]
    public void Normal_values_are_normal()
    {
        var values = new float[1_000_003];
        RandomValues.Normal(values, 2, new(5));

        // Shares of a normal distribution within one, two and three deviations.
        foreach (var (sigmas, share) in new[] { (1, 0.6827), (2, 0.9545), (3, 0.9973) })
            Assert.Equal(share, values.Count(v => Math.Abs(v) < 2 * sigmas) / (double)values.Length, 2e-3);
        Assert.All(values, v => Assert.True(float.IsFinite(v)));
        Assert.Equal(values.Length, values.Distinct().Count(), values.Length * 0.05);
    }

    private static (double Mean, double Deviation) Moments(WeightTensor weight)
    {
        var values = weight.Data.ToArray();
        var mean = values.Average(v => (double)v);
        return (mean, Math.Sqrt(values.Average(v => (v - mean) * (v - mean))));
    }
}
