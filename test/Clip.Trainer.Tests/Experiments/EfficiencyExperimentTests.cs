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

    private async Task<EfficiencyCurve> Measure(TrainingOptions options)
    {
        var tokenizer = _run.Tokenizer();
        var config = tokenizer.Config;
        var preprocessing = ClipImagePreprocessing.ForSize(16);
        using var pixels = new AugmentedPixels(preprocessing, options.Augmentation, 1 << 20);
        var probe = new ZeroShotProbe(tokenizer.Rows, ClipImagePreprocessor.Create(preprocessing), imageSize: 16, batchSize: 4);
        var test = new LabeledSet(
            "walls", [new LabeledImage { ImagePath = _run.Folder["0.png"], Class = "red" }], ["red", "green"], Templates: null);
        return await new EfficiencyExperiment(
            "tiny", config, options,
            _ => new PairLoader(
                new TableSource(CaptionTable.Read(_run.Table)), tokenizer.Rows, pixels,
                new PairLoaderOptions(options.PairsPerStep, options.Seed)),
            probe, test).RunAsync(ObjectiveKind.Clip, points: 2, _ => { }, CancellationToken.None);
    }
}
