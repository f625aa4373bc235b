using Clip.Conversion.Configs;
using Clip.Data;
using Clip.Data.Sources;
using Clip.Evaluation;
using Clip.Trainer.Experiments;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;
using Clip.Trainer.Validation;
using Microsoft.ML.Clip;

namespace Clip.Trainer.Tests.Experiments;

/// <summary>Alone, for a training seeds torch's one generator, from which other tests draw starting weights.</summary>
[Collection(nameof(ClipContrastiveEstimatorTests))]
public sealed class EfficiencyExperimentTests : IDisposable
{
    private readonly TinyRun _run = new();

    public void Dispose() => _run.Dispose();

    [Theory]
    [InlineData(null, null, 12)] // four epochs of three steps
    [InlineData(5, null, 5)]
    [InlineData(null, 1e-9, 1)] // the first step takes longer
    public async Task TheEndIsMeasuredHoweverItIsReached(int? steps, double? minutes, int expected)
    {
        var curve = await Measure(_run.Options with { MaxSteps = steps, MaxMinutes = minutes });

        Assert.Equal(4 * expected, curve.Points[^1].Images);
        Assert.Equal(curve.Points.Count, curve.Points.Select(p => p.Images).Distinct().Count());
    }

    /// <summary>From a hundredth of the run on, which is its first step; each measurement is told of.</summary>
    [Fact]
    public async Task AccuracyIsMeasuredOnTheWayWithTheModelsCost()
    {
        var said = new List<string>();

        var curve = await Measure(_run.Options, said.Add);

        Assert.Equal([4L, 48], curve.Points.Select(point => point.Images));
        Assert.Equal(("tiny", ObjectiveKind.Clip), (curve.Model, curve.Objective));
        Assert.Equal(ModelCost.Of(_run.Tokenizer().Config).Image / 1e9, curve.Gflops, 1e-12);
        Assert.All(curve.Points, point => Assert.Equal((point.Top1 == 1, 1.0), (point.Top1 > 0, point.Top5)));
        Assert.Matches(@"^tiny  clip  4 images  loss \d\.\d{3}  top-1 (0|100)\.0 %  top-5 100\.0 %$", said[0]);
        Assert.StartsWith("tiny  clip  48 images  loss ", said[1], StringComparison.Ordinal);
        Assert.Equal(2, said.Count);
    }

    /// <summary>A ResNet's norms are others in use: after a measurement the model goes on training as if nothing had been.</summary>
    [Fact]
    public async Task MeasuringOnTheWayDoesNotChangeTheTraining()
    {
        File.WriteAllText(_run.ConfigFile, TinyRun.Config.Replace(
            """{"image_size": 16, "layers": 2, "width": 16, "head_width": 8, "patch_size": 8}""",
            """{"image_size": 32, "layers": [1, 1, 1, 1], "width": 2, "head_width": 8}""", StringComparison.Ordinal));
        var (once, often) = (new List<string>(), new List<string>());

        await Measure(_run.Options, once.Add, points: 1);
        await Measure(_run.Options, often.Add, points: 20);

        Assert.Single(once);
        Assert.True(often.Count > 5);
        Assert.Equal(once[^1], often[^1]);
    }

    [Fact]
    public async Task AMeasurementThatIsStoppedIsNoCurve()
    {
        using var stop = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Measure(_run.Options, _ => stop.Cancel(), cancellation: stop.Token));
    }

    private async Task<EfficiencyCurve> Measure(
        TrainingOptions options, Action<string>? say = null, int points = 2, CancellationToken cancellation = default)
    {
        var tokenizer = _run.Tokenizer();
        var config = tokenizer.Config;
        var preprocessing = ClipImagePreprocessing.ForSize(config.Vision.ImageSize);
        using var pixels = new AugmentedPixels(preprocessing, options.Augmentation, 1 << 20);
        var probe = new ZeroShotProbe(tokenizer.Rows, ClipImagePreprocessor.Create(preprocessing), config.Vision.ImageSize, batchSize: 4);
        var test = new LabeledSet(
            "walls", [new LabeledImage { ImagePath = _run.Folder["0.png"], Class = "red" }], ["red", "green"], Templates: null);
        return await new EfficiencyExperiment(
            "tiny", config, options,
            _ => new PairLoader(
                new TableSource(CaptionTable.Read(_run.Table)), tokenizer.Rows, pixels,
                new PairLoaderOptions(options.PairsPerStep, options.Seed)),
            probe, test).RunAsync(ObjectiveKind.Clip, points, say ?? (_ => { }), cancellation);
    }
}
