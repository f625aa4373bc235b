using Clip.Data.Sources;
using Clip.Trainer.Training;

namespace Clip.Trainer.Tests.Training;

/// <summary>A look at a training before it is run. Alone, for it seeds torch's one generator.</summary>
[Collection(nameof(ClipContrastiveEstimatorTests))]
public sealed class TrainingTrialTests : IDisposable
{
    private readonly TinyRun _run = new();

    public void Dispose() => _run.Dispose();

    /// <summary>A few steps, of which the first are slow; four bytes a number, of weights, gradients, two moments and an average.</summary>
    [Theory]
    [InlineData(null, 4, null, "")]
    [InlineData(0.9, 5, 1e6, "at most ")]
    public async Task SixStepsAreMeasuredAndTheStateIsCounted(double? averaged, int numbers, double? minutes, string atMost)
    {
        var before = _run.Folder.Everything();

        var measured = await new TrainingTrial(
            Options(_run.Options with { ModelEmaDecay = averaged, MaxMinutes = minutes }), _ => { }).MeasureAsync(CancellationToken.None);

        Assert.Equal([1, 2, 3, 4, 5, 6], measured.Steps.Select(step => step.Step));
        Assert.Equal(12, measured.TotalSteps);
        using var trainer = _run.Trainer(out var model, checkpoints: null);
        using (model) Assert.Equal(model.parameters().Sum(p => p.numel()) * sizeof(float) * numbers, measured.StateBytes);
        Assert.Equal($"{atMost}12 of 4 pairs", measured.Facts.Single(fact => fact.Name == "steps").Value);
        Assert.Equal(before, _run.Folder.Everything());
    }

    /// <summary>What is locked has weights, but neither gradients nor moments.</summary>
    [Fact]
    public async Task OfALockedTowerTheWeightsAloneAreCounted()
    {
        var options = _run.Options with { FineTuning = new FineTuningOptions { LockImage = true }, MaxSteps = 1 };

        var measured = await new TrainingTrial(Options(options), _ => { }).MeasureAsync(CancellationToken.None);

        using var trainer = _run.Trainer(out var model, checkpoints: null);
        using var unused = model;
        var sizes = model.named_parameters()
            .ToLookup(p => p.name.StartsWith("visual.", StringComparison.Ordinal), p => p.parameter.numel());
        Assert.Equal(sizeof(float) * (sizes[true].Sum() + (4 * sizes[false].Sum())), measured.StateBytes);
    }

    [Fact]
    public async Task AShortRunIsMeasuredAsFarAsItGoes()
    {
        var measured = await new TrainingTrial(Options(_run.Options with { MaxSteps = 2 }), _ => { }).MeasureAsync(CancellationToken.None);

        Assert.Equal([1, 2], measured.Steps.Select(step => step.Step));
    }

    [Fact]
    public async Task ARateIsLookedForAndWhatTheRunRefusesIsRefusedBefore()
    {
        var before = _run.Folder.Everything();

        var finder = await new TrainingTrial(Options(_run.Options), _ => { }).FindLearningRateAsync(CancellationToken.None);

        Assert.Equal(1e-6, finder.Curve[0].LearningRate, 12);
        Assert.InRange(finder.Curve.Count, 10, 100);
        Assert.Equal(before, _run.Folder.Everything());
        await Assert.ThrowsAsync<ClipException>(
            () => new TrainingTrial(Options(_run.Options with { Epochs = 0 }), _ => { }).MeasureAsync(CancellationToken.None));
        await Assert.ThrowsAsync<ClipException>(
            () => new TrainingTrial(Options(_run.Options) with { Validation = new() { BestMetric = "beauty" } }, _ => { })
                .MeasureAsync(CancellationToken.None));
    }

    private TrainingRunOptions Options(TrainingOptions training) => new()
    {
        Data = new RunData(NamedSource.Of(_run.Table)),
        Model = new RunModel(_run.ConfigFile) { Tokenizer = _run.Folder["tokenizer"] },
        Training = training,
    };
}
