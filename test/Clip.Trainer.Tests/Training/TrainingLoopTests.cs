using Clip.Trainer.Modeling;
using Clip.Conversion.Checkpoints;
using Clip.Trainer.Training;
using TorchSharp;

namespace Clip.Trainer.Tests.Training;

public sealed class TrainingLoopTests : IDisposable
{
    private readonly TinyRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task TrainingLowersTheLoss()
    {
        var losses = new List<double>();
        using var trainer = _run.Trainer(out var model, checkpoints: null, step => losses.Add(step.Loss));
        using var unused = model;

        Assert.True(await trainer.RunAsync(CancellationToken.None));

        Assert.Equal(12, losses.Count);
        Assert.True(losses[^3..].Average() < losses[..3].Average());
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0.9)]
    public async Task AnInterruptedRunThatIsResumedEqualsAnUninterruptedOneBitForBit(double? averaged)
    {
        using var run = new TinyRun { Options = _run.Options with { ModelEmaDecay = averaged } };
        var whole = await WeightsAfterAsync(run, run.Folder["whole"]);

        using var stop = new CancellationTokenSource();
        using (var first = run.Trainer(out var model, run.Folder["parts"], step => Cancel(step, stop)))
        using (model)
            Assert.False(await first.RunAsync(stop.Token));
        var checkpoint = new CheckpointFolder(run.Folder["parts"], keep: 2).Latest()!;
        Assert.EndsWith("step_00000005.safetensors", checkpoint, StringComparison.Ordinal);
        var parts = await WeightsAfterAsync(run, run.Folder["parts"], checkpoint);

        Assert.All(whole, w => Assert.Equal(w.Value.Data.ToArray(), parts[w.Key].Data.ToArray()));
    }

    [Fact]
    public async Task TheAveragedWeightsAreOtherOnesThanThoseInTraining()
    {
        using var run = new TinyRun { Options = _run.Options with { ModelEmaDecay = 0.9 } };

        var averaged = await WeightsAfterAsync(run, run.Folder["averaged"]);
        var last = await WeightsAfterAsync(_run, _run.Folder["last"]);

        Assert.NotEqual(last["visual.proj"].Data.ToArray(), averaged["visual.proj"].Data.ToArray());
    }

    [Theory]
    [InlineData(5, null, 5)]
    [InlineData(null, 1e-9, 1)] // the first step takes longer
    [InlineData(null, 1e9, 12)]
    public async Task ARunEndsAfterItsStepsOrMinutes(int? steps, double? minutes, long expected)
    {
        using var run = new TinyRun { Options = _run.Options with { MaxSteps = steps, MaxMinutes = minutes } };
        using var trainer = run.Trainer(out var model, run.Folder["run"]);
        using var unused = model;

        Assert.True(await trainer.RunAsync(CancellationToken.None));

        Assert.Equal(expected, trainer.StepsDone);
        Assert.True(File.Exists(Path.Combine(run.Folder["run"], $"step_{expected:D8}.safetensors")));
    }

    [Fact]
    public async Task ALossThatIsNoNumberNamesStepAndPairs()
    {
        using var trainer = _run.Trainer(out var model, _run.Folder["run"]);
        using var unused = model;
        using (torch.no_grad()) model.LogitScale.fill_(float.NaN);

        var error = await Assert.ThrowsAsync<ClipException>(() => trainer.RunAsync(CancellationToken.None));

        Assert.Contains("The loss is NaN at step 1, whose pairs are ", error.Message, StringComparison.Ordinal);
        Assert.Contains(".png", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ALearningRateIsFoundFromRisingOnes()
    {
        using var trainer = _run.Trainer(out var model, checkpoints: null);
        using var unused = model;

        var finder = await trainer.FindLearningRateAsync(CancellationToken.None);

        Assert.Equal(1e-6, finder.Curve[0].LearningRate, 12);
        Assert.InRange(finder.Suggest(), 1e-5, 1e-1);
    }

    [Fact]
    public async Task ABrokenImageIsReportedOnceAndSkipped()
    {
        await File.WriteAllTextAsync(_run.Folder["3.png"], "not a picture");
        var broken = new List<string>();
        var pairs = new List<int>();
        using var trainer = _run.Trainer(out var model, checkpoints: null, step => pairs.Add(step.Pairs), (path, _) => broken.Add(path));
        using var unused = model;

        Assert.True(await trainer.RunAsync(CancellationToken.None));

        Assert.Equal([_run.Folder["3.png"]], broken);
        Assert.Equal(4 * 11, pairs.Sum());
    }

    [Fact]
    public async Task CheckpointsAreWholeFilesAndOnlyTheLatestTwoAreKept()
    {
        await WeightsAfterAsync(_run, _run.Folder["run"]);

        var files = Directory.GetFiles(_run.Folder["run"]).Select(Path.GetFileName).Order(StringComparer.Ordinal);

        Assert.Equal(["step_00000009.safetensors", "step_00000012.safetensors"], files);
    }

    private static void Cancel(StepReport step, CancellationTokenSource stop)
    {
        if (step.Step == 5) stop.Cancel();
    }

    /// <summary>The weights that a run would export.</summary>
    private static async Task<Dictionary<string, WeightTensor>> WeightsAfterAsync(TinyRun run, string checkpoints, string? resume = null)
    {
        using var trainer = run.Trainer(out var model, checkpoints);
        using var unused = model;
        if (resume is not null) trainer.Resume(resume);
        Assert.True(await trainer.RunAsync(CancellationToken.None));
        using var averaged = trainer.UseAveragedWeights();
        return TorchWeights.Of(model);
    }
}
