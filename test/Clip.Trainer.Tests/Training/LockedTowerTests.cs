using Clip.Conversion.Checkpoints;
using Clip.Data;
using Clip.Data.Distributed;
using Clip.Data.Sources;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Training;

/// <summary>A locked image tower sees a picture once where nothing moves it, and the run comes to the same weights.</summary>
public sealed class LockedTowerTests : IDisposable
{
    private static readonly Augmentation Still = new() { Crop = new RandomResizedCrop(MinScale: 1) };

    private readonly TinyRun _run = new();

    public void Dispose() => _run.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void KeptFeaturesTrainTheSameWeights(int accumulate)
    {
        var options = new TrainingOptions
        {
            BatchSize = 4,
            AccumFrequency = accumulate,
            LearningRate = 1e-2,
            Warmup = 0,
            Augmentation = Still,
            FineTuning = new FineTuningOptions { LockImage = true },
        };
        var pictures = randn([12, 3, 16, 16], generator: new Generator(7));
        using var unused = pictures;

        var kept = new KeptFeatures(1 << 20);
        var without = Train(options, pictures, new KeptFeatures(maxBytes: 0));
        var with = Train(options, pictures, kept);

        // All are known by now.
        using var known = kept.Of(pictures, _ => throw new InvalidOperationException());
        Assert.All(without, weight => Assert.Equal(weight.Value.Data.ToArray(), with[weight.Key].Data.ToArray()));
    }

    [Theory]
    [InlineData(1.0, true)]
    [InlineData(0.5, false)]
    public async Task ARunSaysThatFeaturesAreKept(double scale, bool isKept)
    {
        var said = new List<string>();
        var options = new TrainingRunOptions
        {
            Data = new RunData(NamedSource.Of(_run.Table)),
            Model = new RunModel(_run.ConfigFile) { Tokenizer = _run.Folder["tokenizer"] },
            Training = _run.Options with
            {
                Augmentation = new() { Crop = new RandomResizedCrop(scale) },
                FineTuning = new() { LockImage = true },
            },
        };

        using var setup = await TrainingSetup.OpenAsync(options, kept: null, Ranks.Alone, said.Add, default);

        Assert.Equal(isKept, said.Any(line => line.StartsWith("The image tower is locked and nothing moves", StringComparison.Ordinal)));
        Assert.Equal(isKept, ((TwoTowerObjective)setup.Objective).Kept is not null);
    }

    [Fact]
    public void PicturesThatChangeAreComputedAnew_AndTheMemoryIsBounded()
    {
        using var scope = NewDisposeScope();
        var kept = new KeptFeatures(maxBytes: 4 * (64 + (2 * sizeof(float))));
        var computed = 0;
        var (first, second) = (arange(12, float32).reshape(2, 3, 1, 2), arange(12, float32).reshape(2, 3, 1, 2) + 1);

        foreach (var pixels in new[] { first, first, second, second, second.flip(0), cat([first, second]) })
            Assert.Equal(Feature(pixels).data<float>(), kept.Of(pixels, Encode).data<float>());
        Assert.Equal(4, computed);

        // There is no room for a third pair, which comes out right all the same.
        for (var i = 0; i < 2; i++) Assert.Equal(Feature(first + 70).data<float>(), kept.Of(first + 70, Encode).data<float>());
        Assert.Equal(8, computed);

        static Tensor Feature(Tensor pixels) => pixels.flatten(1).narrow(1, 0, 2).contiguous();

        Tensor Encode(Tensor pixels)
        {
            Assert.Equal(1, pixels.shape[0]);
            computed++;
            return Feature(pixels);
        }
    }

    private Dictionary<string, WeightTensor> Train(TrainingOptions options, Tensor pictures, KeptFeatures kept)
    {
        using var trainer = _run.Trainer(out var model, checkpoints: null);
        using var unused = model;
        FineTuning.Apply(model, model.Config, options.FineTuning);
        var objective = new ClipObjective(model) { Kept = kept };
        using var step = new TrainingStep(objective, options);
        model.train();
        for (var i = 0; i < 9; i++)
        {
            using var scope = NewDisposeScope();
            // Each epoch has the pictures in another order, as a run has.
            var order = tensor(Enumerable.Range(0, 4).Select(j => (long)((((i % 3) * 4) + j) * (1 + (4 * (i / 3))) % 12)).ToArray());
            var ids = tensor(Enumerable.Range(0, 4).SelectMany(j => new long[] { 518, i + j, 519 }).ToArray(), [4, 3]);
            step.Take(pictures.index_select(0, order), ids, options.LearningRate);
        }

        return TorchWeights.Of(model);
    }
}
