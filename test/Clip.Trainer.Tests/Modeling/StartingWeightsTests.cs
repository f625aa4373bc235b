using Clip.Conversion.Configs;
using Clip.Conversion.Initialization;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;

namespace Clip.Trainer.Tests.Modeling;

/// <summary>
/// What a module starts from is spread as what <c>clip init</c> draws, which knows nothing of torch: as CLIP's paper and its code have it.
/// </summary>
public sealed class StartingWeightsTests
{
    [Theory]
    [InlineData(ObjectiveKind.Clip, false)]
    [InlineData(ObjectiveKind.Clip, true)]
    [InlineData(ObjectiveKind.SigLip, false)]
    [InlineData(ObjectiveKind.ConVirt, false)]
    [InlineData(ObjectiveKind.VirTex, false)]
    [InlineData(ObjectiveKind.VirTex, true)]
    [InlineData(ObjectiveKind.Bow, false)]
    public void EveryWeightStartsAsWideAsTheOtherProgramHasIt(ObjectiveKind kind, bool resNet)
    {
        var config = kind.Config(new ClipConfig
        {
            EmbedDim = 64,
            Vision = resNet
                ? new ResNetConfig { ImageSize = 64, Width = 32, Blocks = [1, 1, 1, 1], Heads = 4 }
                : new VisionTransformerConfig { ImageSize = 128, PatchSize = 16, Width = 64, Layers = 3, Heads = 4, MlpWidth = 256 },
            Text = new TextConfig { ContextLength = 80, Width = 64, Layers = 3, Heads = 4, MlpWidth = 256 },
        }.WithVocabulary(200));
        using var module = kind.Create(config).Module;
        var theirs = RandomWeights.Create(config, seed: 1);
        var compared = 0;

        Assert.Equal(theirs.Keys.Order(StringComparer.Ordinal), module.state_dict().Keys.Order(StringComparer.Ordinal));
        foreach (var (name, own) in TorchWeights.Of(module))
        {
            var (mean, deviation) = Spread(own.Data.ToArray());
            var (theirMean, theirDeviation) = Spread(theirs[name].Data.ToArray());
            if (theirDeviation == 0 || deviation == 0)
            {
                Assert.Equal((theirMean, theirDeviation), (mean, deviation)); // ones, zeros, the temperature
                continue;
            }

            if (own.Data.Length < 4096) continue; // too few to tell
            Assert.True(Math.Abs((deviation / theirDeviation) - 1) < 0.1, $"{name}: {deviation}, and {theirDeviation} there");
            Assert.InRange(mean / deviation, -0.1, 0.1);
            compared++;
        }

        Assert.True(compared > 10);
    }

    private static (double Mean, double Deviation) Spread(float[] values)
    {
        var mean = values.Average(value => (double)value);
        return values.All(value => value == values[0])
            ? (values[0], 0)
            : (mean, Math.Sqrt(values.Average(value => (value - mean) * (value - mean))));
    }
}
