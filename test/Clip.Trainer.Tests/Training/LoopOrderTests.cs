using Clip.Conversion.Architectures;
using Clip.Conversion.Configs;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using Clip.Trainer.Tests.Validation;
using Clip.Trainer.Training;
using Clip.Trainer.Validation;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Training;

/// <summary>What a run does after which step, and in which order.</summary>
public sealed class LoopOrderTests : IDisposable
{
    private static readonly TrainingOptions Options = new() { BatchSize = 4, Epochs = 3, LearningRate = 1e-3, Warmup = 0 };

    private readonly TempFolder _folder = new();
    private readonly ClipModel _model = TrainingStepTests.Model();

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    /// <summary>Steps of float16 are read late, but never after what is measured or kept of them.</summary>
    [Theory]
    [InlineData(TrainingPrecision.Fp32)]
    [InlineData(TrainingPrecision.Fp16)]
    public async Task AStepIsReportedBeforeItsEpochIsValidatedAndBeforeItIsKept(TrainingPrecision precision)
    {
        var events = new List<string>();
        using var loop = Loop(Options with { Precision = precision, SaveSteps = 2 }, new DrawnPairs(3), pairsEvery: 1);
        loop.OnStep = step => events.Add($"{step.Step}{(IsKept(step.Step) ? " is kept" : "")}");
        loop.OnValidation = report => events.Add($"epoch {report.Epoch} at {report.Step}");

        Assert.True(await loop.RunAsync(CancellationToken.None));

        // Between epochs a checkpoint is no reason to validate.
        Assert.Equal(["1", "2", "3", "epoch 1 at 3", "4", "5", "6", "epoch 2 at 6", "7", "8", "9", "epoch 3 at 9"], events);
        Assert.All([2, 3, 4, 6, 8, 9], step => Assert.True(IsKept(step)));
        Assert.All([1, 5, 7], step => Assert.False(IsKept(step)));
    }

    [Fact]
    public async Task AnEpochThatTheLastStepCutsShortIsValidatedAsTheLast()
    {
        var validated = new List<(int Epoch, long Step)>();
        using var loop = Loop(Options with { MaxSteps = 7 }, new DrawnPairs(3), pairsEvery: 2);
        loop.OnValidation = report => validated.Add((report.Epoch, report.Step));

        Assert.True(await loop.RunAsync(CancellationToken.None));

        Assert.Equal([(2, 6), (3, 7)], validated);
    }

    /// <summary>In float16 the step that was started last is not known yet when the run is stopped.</summary>
    [Theory]
    [InlineData(TrainingPrecision.Fp32, 2)]
    [InlineData(TrainingPrecision.Fp16, 3)]
    public async Task ARunThatIsStoppedReportsAndKeepsEveryStepItTook(TrainingPrecision precision, int taken)
    {
        using var stop = new CancellationTokenSource();
        var reported = new List<long>();
        using var loop = Loop(Options with { Precision = precision, MaxSteps = 20 }, new DrawnPairs(100));
        loop.OnStep = step =>
        {
            reported.Add(step.Step);
            if (step.Step == 2) stop.Cancel();
        };

        Assert.False(await loop.RunAsync(stop.Token));

        Assert.Equal(Enumerable.Range(1, taken).Select(step => (long)step), reported);
        Assert.Equal(taken, loop.StepsDone);
        Assert.True(IsKept(taken));
    }

    [Fact]
    public async Task ARunThatIsDoneGoesOnToNothing()
    {
        using (var whole = Loop(Options with { Epochs = 1 }, new DrawnPairs(3)))
            Assert.True(await whole.RunAsync(CancellationToken.None));
        using var again = Loop(Options with { Epochs = 1 }, new DrawnPairs(3), pairsEvery: 1);
        again.OnStep = step => Assert.Fail($"step {step.Step}");
        again.OnValidation = report => Assert.Fail($"epoch {report.Epoch}");

        Assert.Empty(again.Resume(new CheckpointFolder(_folder["run"], keep: 2).Latest()!));

        Assert.True(await again.RunAsync(CancellationToken.None));
        Assert.Equal((3, 3), (again.StepsDone, again.TotalSteps));
    }

    /// <summary>What is canceled elsewhere is no stop of this run: it would seem to have been asked for.</summary>
    [Fact]
    public async Task ACancellationThatNobodyAskedForIsAnError()
    {
        using var loop = Loop(
            Options, new DrawnPairs(3) { BeforeBatch = step => { if (step == 2) throw new OperationCanceledException(); } });

        await Assert.ThrowsAsync<OperationCanceledException>(() => loop.RunAsync(CancellationToken.None));
    }

    [Fact]
    public async Task AModelThatWasInUseIsTrainedAsOneInTraining()
    {
        _model.eval();
        using var loop = Loop(Options with { Epochs = 1 }, new DrawnPairs(3));
        loop.OnStep = _ => Assert.True(_model.training);
        Assert.True(await loop.RunAsync(CancellationToken.None));

        _model.eval();
        using var finding = Loop(Options, new DrawnPairs(3) { BeforeBatch = _ => Assert.True(_model.training) });
        await finding.FindLearningRateAsync(CancellationToken.None);
    }

    /// <summary>The loss falls and rises again; without it only the end would be kept.</summary>
    [Fact]
    public async Task TheBestModelIsKeptWhetherOrNotACheckpointIsDue()
    {
        var losses = new Queue<float>([3, 1, 2, 2]);
        using var measured = new Colors { LossValue = losses.Dequeue };
        var folder = new CheckpointFolder(_folder["run"], keep: 99, "clip_val_loss");
        var pairs = new DrawnPairs(3);
        var validator = new Validator(measured, pairs, pairsEvery: 1, sets: [], setsEvery: 1, probe: null!);
        using var loop = new TrainingLoop(
            new ClipObjective(_model), 16, Options with { Epochs = 4, SaveFrequency = 99 }, pairs, validator, folder);

        Assert.True(await loop.RunAsync(CancellationToken.None));

        Assert.Equal(
            ["best.json", "step_00000003.safetensors", "step_00000006.safetensors", "step_00000012.safetensors"],
            Directory.GetFiles(_folder["run"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(new BestCheckpoint(6, "clip_val_loss", 1), folder.Best());
    }

    /// <summary>Half of the minutes are spent, but only a sixth of the steps: the rate is that of half the run.</summary>
    [Fact]
    public async Task ARunOfSoManyMinutesLowersItsRateByThem()
    {
        var options = Options with { MaxSteps = 12, MaxMinutes = 1000, SaveSteps = 1 };
        var reports = new List<StepReport>();
        using (var before = Loop(options, new DrawnPairs(12)))
        using (var step = new TrainingStep(new ClipObjective(_model), options))
        {
            (step.Steps, step.Seconds) = (2, 30_000);
            new CheckpointFolder(_folder["run"], keep: 2).Save(step, before.Course);
        }

        using var stop = new CancellationTokenSource();
        using var loop = Loop(options, new DrawnPairs(12));
        loop.OnStep = step =>
        {
            reports.Add(step);
            stop.Cancel();
        };
        loop.Resume(new CheckpointFolder(_folder["run"], keep: 2).Latest()!);
        Assert.False(await loop.RunAsync(stop.Token));

        var schedule = new LearningRateSchedule(1e-3, Warmup: 0, Total: 12);
        Assert.Equal(schedule.At(6), reports.Single().LearningRate, 1e-5);
        Assert.InRange(reports.Single().SecondsAllowed!.Value, 29_000, 30_000);
    }

    [Fact]
    public async Task AStepsTimeIsTheWaitForItsDataAndItsWork()
    {
        var reports = new List<StepReport>();
        using var loop = Loop(Options with { MaxSteps = 2 }, new DrawnPairs(3) { BeforeBatch = _ => Thread.Sleep(60) });
        loop.OnStep = reports.Add;

        Assert.True(await loop.RunAsync(CancellationToken.None));

        Assert.All(reports, report => Assert.InRange(report.DataWaitSeconds, 0.05, report.Seconds - 1e-6));
        var kept = new StepReport(1, 2, 0, 0, double.NaN, Pairs: 32, Seconds: 0.5, DataWaitSeconds: 0.125).Values.ToDictionary();
        Assert.Equal((64, 0.25), (kept["samples_per_second"], kept["data_wait"]));
    }

    [Theory]
    [InlineData(TrainingPrecision.Fp32)]
    [InlineData(TrainingPrecision.Fp16)]
    public async Task OfABatchThePairThatIsNoNumberIsNamedAlone(TrainingPrecision precision)
    {
        using var loop = Loop(Options with { Precision = precision }, new DrawnPairs(3) { Broken = 1 });

        var error = await Assert.ThrowsAsync<ClipException>(() => loop.RunAsync(CancellationToken.None));

        Assert.StartsWith("The loss is NaN at step 2, whose pairs are 2.png; the last checkpoint", error.Message, StringComparison.Ordinal);
        Assert.False(IsKept(2) || IsKept(3));
    }

    [Fact]
    public async Task GradientsThatAreNoNumbersAreToldApartFromALossThatIsNone()
    {
        var objective = new SteepRoot();
        using var module = objective.Module;
        using var loop = new TrainingLoop(objective, 16, Options, new DrawnPairs(3), validator: null, checkpoints: null);

        var error = await Assert.ThrowsAsync<ClipException>(() => loop.RunAsync(CancellationToken.None));

        Assert.Matches("^The gradients' norm is (NaN|Infinity|∞) at step 1, whose pairs are 0.png, 1.png, 2.png, 3.png; ", error.Message);
    }

    private TrainingLoop Loop(TrainingOptions options, DrawnPairs pairs, int? pairsEvery = null)
    {
        var objective = new ClipObjective(_model);
        var validator = pairsEvery is { } every ? new Validator(objective, pairs, every, sets: [], setsEvery: 1, probe: null!) : null;
        return new TrainingLoop(objective, 16, options, pairs, validator, new CheckpointFolder(_folder["run"], keep: 99));
    }

    private bool IsKept(long step) => File.Exists(_folder[$"run/step_{step:D8}.safetensors"]);

    /// <summary>A root at zero: the loss is 0, and its slope has no bounds.</summary>
    private sealed class SteepRoot : IObjective
    {
        private readonly TorchSharp.Modules.Linear _layer = nn.Linear(3, 1);

        public SteepRoot()
        {
            using var unused = no_grad();
            foreach (var parameter in _layer.parameters()) parameter.zero_();
        }

        public nn.Module Module => _layer;

        public ParameterLayout Layout => ParameterLayout.Of(new ClipConfig());

        public Tensor? LogitScale => null;

        public Tensor Loss(Tensor pixels, Tensor ids) => _layer.call(pixels.mean([2, 3])).sum().sqrt();

        public void AfterStep() => throw new InvalidOperationException("No step was taken.");

        public Func<Tensor, Tensor> Classifier(Tensor prompts, int perLabel) => throw new NotSupportedException();
    }
}
