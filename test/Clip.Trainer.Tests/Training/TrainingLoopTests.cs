using System.Runtime.CompilerServices;
using Clip.Conversion.Checkpoints;
using Clip.Data;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
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

    /// <summary>One pair alone has nothing to be told from: its loss is 0 and teaches nothing.</summary>
    [Fact]
    public async Task AStepOfOnePairIsAnError()
    {
        using var fresh = _run.Trainer(out var model, checkpoints: null);
        using var unused = model;
        using var loop = new TrainingLoop(new ClipObjective(model), 16, _run.Options, new OnePair(), validator: null, checkpoints: null);

        var error = await Assert.ThrowsAsync<ClipException>(() => loop.RunAsync(CancellationToken.None));

        Assert.Contains("Step 1 has 1 readable pairs, and a contrast needs two", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, loop.StepsDone);
    }

    [Fact]
    public async Task EveryStepHasTheScheduledRateAndTheStepsOfARunAreItsOwn()
    {
        using var run = new TinyRun
        {
            Options = _run.Options with
            {
                Epochs = 3,
                Scheduler = LearningRateScheduler.ConstCooldown,
                Cooldown = new Cooldown(Epochs: 2, End: 1e-4, Power: 2),
            },
        };
        var reports = new List<StepReport>();
        using var loop = run.Trainer(out var model, checkpoints: null, reports.Add);
        using var unused = model;

        Assert.True(await loop.RunAsync(CancellationToken.None));

        var schedule = new LearningRateSchedule(1e-3, Warmup: 2, Total: 9)
        {
            Scheduler = LearningRateScheduler.ConstCooldown,
            CooldownSteps = 6,
            CooldownEnd = 1e-4,
            CooldownPower = 2,
        };
        Assert.Equal(Enumerable.Range(0, 9).Select(step => schedule.At(step)), reports.Select(r => r.LearningRate));
        Assert.Equal(Enumerable.Range(1, 9).Select(step => (long)step), reports.Select(r => r.Step));
        Assert.All(reports, r => Assert.Equal((9L, 4, null), (r.TotalSteps, r.Pairs, r.SecondsAllowed)));
        Assert.All(reports, r => Assert.InRange(r.DataWaitSeconds, 0, r.Seconds));
    }

    [Theory]
    [InlineData(2, null, new long[] { 6, 12 })]
    [InlineData(3, null, new long[] { 9, 12 })]
    [InlineData(5, 5L, new long[] { 5, 10, 12 })]
    [InlineData(2, 4L, new long[] { 4, 6, 8, 12 })]
    public async Task CheckpointsComeAsOftenAsAskedForAndAtTheEnd(int epochs, long? steps, long[] expected)
    {
        using var run = new TinyRun { Options = _run.Options with { SaveFrequency = epochs, SaveSteps = steps } };
        using var fresh = run.Trainer(out var model, checkpoints: null);
        using var unused = model;
        var folder = new CheckpointFolder(run.Folder["run"], keep: 99);
        using var loop = new TrainingLoop(new ClipObjective(model), 16, run.Options, new DrawnPairs(3), validator: null, folder);

        Assert.True(await loop.RunAsync(CancellationToken.None));

        Assert.Equal(
            expected.Select(step => $"step_{step:D8}.safetensors"),
            Directory.GetFiles(run.Folder["run"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    private sealed class OnePair : IPairSource
    {
        public long Count => 1;

        public string Fingerprint => "one";

        public IReadOnlyDictionary<string, string> Broken => new Dictionary<string, string>();

        public long StepsPerEpoch => 1;

        public async IAsyncEnumerable<PairBatch> ReadAsync(
            long from, long to, [EnumeratorCancellation] CancellationToken cancellation = default)
        {
            await Task.CompletedTask;
            yield return new PairBatch(from, 1, new float[3 * 16 * 16], [518, 0, 519], 3) { Keys = ["0.png"] };
        }

        public IEnumerable<PairBatch> InOrder() => throw new NotSupportedException();
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
